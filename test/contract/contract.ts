import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend, GenerationRequest } from '../../src/core/backend.ts';
import type { ModelSpec } from '../../src/core/model.ts';
import { collect, request, said } from '../support/requests.ts';
import { covers } from '../support/covers.ts';

covers(
  'R2.4-capabilities',
  'R2.5-multi-turn',
  'R2.5-greedy',
  'R2.5-thinking',
  'R2.5-max-tokens',
  'R2.5-max-tokens-zero',
  'R2.5-stop',
  'R2.5-prefill',
  'R2.6-exact',
  'R2.6-count-equals',
  'R2.5-too-long',
  'R4.7-errors',
  'R4.7-cancel',
  'R2.13-disconnect',
);

/** Backend under test that runs the embedded model. */
export interface Subject {
  readonly backend: Backend;
  readonly model: ModelSpec;
  /** True for a vision model. */
  readonly sees?: boolean;
  /** A prompt's tokens are estimated at admission. */
  readonly estimates?: boolean;
  /** Prompt that does not fit, if another context than the model's would load it again. */
  readonly tooLong?: { readonly model: ModelSpec; readonly words: number };
  /** Ends the process or server that the backend uses. */
  close?(): Promise<void>;
}

/** Behaviour of every backend. */
export function describeContract(open: () => Promise<Subject>): void {
  let subject: Subject;
  const ask = (...args: Parameters<typeof withModel>) =>
    collect(subject.backend.generate(withModel(...args), AbortSignal.timeout(30_000)));
  const withModel = (texts: readonly string[], changes: Partial<GenerationRequest> = {}) =>
    request(subject.model, said(...texts), changes);

  beforeAll(async () => {
    subject = await open();
  });
  afterAll(async () => {
    await subject.backend.close();
    await subject.close?.();
  });

  it('says what the model can do', async () => {
    const { backend, model, sees = false } = subject;
    const can = await backend.capabilities(model, AbortSignal.timeout(30_000));
    expect(can.contextTokens).toBeGreaterThan(1000);
    expect(can).toMatchObject({ images: sees, thinking: 'switchable', exactCount: true });
  });

  it('answers with text, admitted first and finished last', async () => {
    const answer = await ask(['Count from 1 to 5']);
    expect(answer.text).toBe('1, 2, 3, 4, 5');
    expect(answer.events[0]?.type).toBe('admitted');
    expect(answer.events.at(-1)).toMatchObject({ reason: 'end-turn', stopSequence: null });
    expect(answer.events.filter(({ type }) => type === 'finish')).toHaveLength(1);
  });

  it('sees the earlier turns', async () => {
    const turns = ['My name is Alice.', 'Nice to meet you, Alice!', 'What is my name?'];
    expect((await ask(turns)).text).toContain('Alice');
  });

  it('returns the same greedy answer twice', async () => {
    const answer = () => ask(['Tell me a story.'], { maxTokens: 40 });
    const [one, other] = [await answer(), await answer()];
    expect(one.text).toBe(other.text);
    expect(one.text.length).toBeGreaterThan(20);
  });

  it('thinks only if requested', async () => {
    const silent = await ask(['Count from 1 to 5.']);
    const aloud = await ask(['Count from 1 to 5.'], {
      thinking: { mode: 'enabled', budgetTokens: 1024 },
    });
    expect(silent).toMatchObject({ thinking: '', text: '1, 2, 3, 4, 5' });
    expect(aloud.text).toBe('1, 2, 3, 4, 5');
    expect(aloud.thinking).toContain('count');
  });

  it('ends at max_tokens', async () => {
    const answer = await ask(['Count from 1 to 20'], { maxTokens: 5 });
    expect(answer.finish).toMatchObject({ reason: 'max-tokens', usage: { outputTokens: 5 } });
  });

  it('generates nothing for max_tokens 0', async () => {
    const answer = await ask(['Count from 1 to 20'], { maxTokens: 0 });
    expect(answer).toMatchObject({ text: '', finish: { reason: 'max-tokens' } });
  });

  it('ends at a stop sequence, and shows none of it', async () => {
    const answer = await ask(['Count from 1 to 10'], { stopSequences: ['5, 6', 'never'] });
    expect(answer.text).toBe('1, 2, 3, 4, ');
    expect(answer.finish).toMatchObject({ reason: 'stop-sequence', stopSequence: '5, 6' });
  });

  it('goes on with a last assistant turn', async () => {
    const answer = await ask(['Count from 1 to 6', '1, 2, 3,']);
    expect(answer.text.trim()).toBe('4, 5, 6');
  });

  it('counts as it reports', async () => {
    const asked = withModel(['What is the capital of Norway?']);
    const { backend, estimates = false } = subject;
    const counted = await backend.countTokens(asked, AbortSignal.timeout(30_000));
    const { finish, admitted } = await collect(
      backend.generate(asked, AbortSignal.timeout(30_000)),
    );
    expect(finish?.usage.promptTokens).toBe(counted);
    if (estimates) expect(admitted).toBeGreaterThan(0);
    else expect(admitted).toBe(counted);
  });

  it('refuses a prompt that does not fit, before it is admitted', async () => {
    const { model, words } = subject.tooLong ?? {
      model: { ...subject.model, context: 512 },
      words: 2000,
    };
    const small = request(model, said('word '.repeat(words)));
    const refused = collect(subject.backend.generate(small, AbortSignal.timeout(30_000)));
    await expect(refused).rejects.toThrow(/^prompt is too long: \d+ tokens > \d+ maximum$/);
    await expect(refused).rejects.toMatchObject({ code: 'prompt-too-long' });
    expect((await ask(['Count from 1 to 3'])).text).toBe('1, 2, 3');
  });

  it('stops when it is aborted in its prefill, and answers the next request', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const stopped = (async () => {
      const long = withModel([`${'word '.repeat(1000)}Count from 1 to 24.`]);
      for await (const { type } of subject.backend.generate(long, controller.signal)) {
        seen.push(type);
        controller.abort();
      }
    })();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).not.toContain('text-delta');
    expect((await ask(['Count from 1 to 3'])).text).toBe('1, 2, 3');
  });

  it('stops when it is aborted, and answers the next request', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const stopped = (async () => {
      const long = withModel(['Count from 1 to 24, one per line.']);
      for await (const event of subject.backend.generate(long, controller.signal)) {
        if (event.type === 'text-delta') seen.push(event.text);
        if (seen.length === 1) controller.abort();
      }
    })();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen.join('')).not.toContain('24');
    expect((await ask(['Count from 1 to 3'])).text).toBe('1, 2, 3');
  });

  it('frees what it held when its reader leaves', async () => {
    for await (const event of subject.backend.generate(
      withModel(['Count from 1 to 24, one per line.']),
      AbortSignal.timeout(30_000),
    )) {
      if (event.type === 'text-delta') break;
    }
    expect((await ask(['Count from 1 to 3'])).text).toBe('1, 2, 3');
  });
}
