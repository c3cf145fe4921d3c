import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImagePart, Part, Turn } from '../../src/core/conversation.ts';
import { collect, request } from '../support/requests.ts';
import type { Answer } from '../support/requests.ts';
import type { Subject } from './contract.ts';

/** PNGs of 8 × 8 pixels, as bytes that stay the same: a recording answers only what was asked. */
const RED =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEklEQVQImWP4z8CAFWEXHbQSACj/P8FTKqelAAAAAElFTkSuQmCC';
const BLUE =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEElEQVQImWNgYPiPAw0pCQCpcD/B+Cvn4QAAAABJRU5ErkJggg==';

/** Fewest tokens of a picture: a test model's vision encoder makes 16. */
const TOKENS = 10;

const image = (data: string): ImagePart => ({
  kind: 'image',
  source: { kind: 'base64', mediaType: 'image/png', data },
});
const text = (words: string): Part => ({ kind: 'text', text: words });
const user = (...parts: readonly Part[]): Turn => ({ role: 'user', parts });

/** Behaviour of every backend with a vision model, except for what the model recognizes. */
export function describeImageContract(open: () => Promise<Subject>): void {
  let subject: Subject;
  const ask = (...turns: readonly Turn[]): Promise<Answer> =>
    collect(
      subject.backend.generate(
        request(subject.model, turns, { maxTokens: 8 }),
        AbortSignal.timeout(60_000),
      ),
    );
  const promptTokensOf = async (...turns: readonly Turn[]): Promise<number> =>
    (await ask(...turns)).finish?.usage.promptTokens ?? 0;

  beforeAll(async () => {
    subject = await open();
  });
  afterAll(async () => {
    await subject.backend.close();
    await subject.close?.();
  });

  it('says that it can see', async () => {
    const can = await subject.backend.capabilities(subject.model, AbortSignal.timeout(30_000));
    expect(can.images).toBe(true);
  });

  it('shows each picture of a user to the model, and answers', async () => {
    const none = await promptTokensOf(user(text('Which colour?')));
    const one = await promptTokensOf(user(image(RED), text('Which colour?')));
    const { finish } = await ask(user(text('Compare'), image(RED), image(BLUE), text('them.')));
    expect(one).toBeGreaterThan(none + TOKENS);
    expect(finish?.usage.promptTokens).toBeGreaterThan(one + TOKENS);
    expect(finish?.usage.outputTokens).toBeGreaterThan(0);
  });

  it('shows the pictures of earlier turns', async () => {
    const rest = [{ role: 'assistant', parts: [text('Red.')] }, user(text('And now?'))] as const;
    const without = await promptTokensOf(user(text('Which colour?')), ...rest);
    const seen = await promptTokensOf(user(text('Which colour?'), image(RED)), ...rest);
    expect(seen).toBeGreaterThan(without + TOKENS);
  });

  it('shows the pictures of a tool result', async () => {
    const asked = (...output: readonly Part[]): readonly Turn[] => [
      user(text('Take a picture.')),
      {
        role: 'assistant',
        parts: [{ kind: 'tool-call', id: 'toolu_1', name: 'take_picture', input: {} }],
      },
      user({ kind: 'tool-result', callId: 'toolu_1', output, isError: false }),
    ];
    const without = await promptTokensOf(...asked(text('Here it is.')));
    const seen = await promptTokensOf(...asked(text('Here it is.'), image(RED)));
    expect(seen).toBeGreaterThan(without + TOKENS);
  });

  it('counts pictures as it reports them', async () => {
    const turns = [user(image(BLUE), text('Which colour?'))];
    const signal = AbortSignal.timeout(60_000);
    const counted = await subject.backend.countTokens(request(subject.model, turns), signal);
    expect(counted).toBe(await promptTokensOf(...turns));
  });
}
