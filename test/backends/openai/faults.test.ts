import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Backend } from '../../../src/core/backend.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { collect, request, said } from '../../support/requests.ts';
import { serve, startReplay } from '../../support/upstream/replay.ts';
import type { ReplayOptions } from '../../support/upstream/replay.ts';
import { entry, fixtures, openBackend } from './peers.ts';
import { covers } from '../../support/covers.ts';

const signal = AbortSignal.timeout(60_000);

let backend: Backend;

beforeEach(() => {
  backend = openBackend();
});

afterEach(() => backend.close());

async function generate(
  fixture: string,
  options?: ReplayOptions,
): Promise<AsyncGenerator<GenerationEvent>> {
  const server = await startReplay(await fixtures.read(`hand-made/${fixture}`), options);
  onTestFinished(server.close);
  return backend.generate(request(entry(server.url), said('Count.')), signal);
}

describe('an upstream that fails before its answer', () => {
  covers('R4.2-failure', 'R4.2-fault');

  it.each([
    [
      'html',
      'backend-failed',
      "200 with text/html instead of OpenAI's event stream; check that the URL",
    ],
    ['html-502', 'backend-unavailable', '502 with text/html', 5],
    ['not-the-api', 'backend-failed', '404 with text/plain instead of'],
    ['no-path', 'model-not-found', "Not Found; check 'url'"],
    ['model-missing', 'model-not-found', 'does not exist.; it has big, small: name one by'],
    ['loading', 'overloaded', '503 for mini: Loading model', 5],
    ['no-key', 'backend-failed', "401 for mini: You didn't provide an API key.; put its key"],
    ['limited', 'rate-limited', '429 for mini: Rate limit reached', 17],
    ['quota', 'billing', 'You exceeded your current quota'],
    ['unpaid', 'billing', 'Insufficient credits'],
    ['too-large', 'request-too-large', '413 for mini'],
    ['overflow', 'prompt-too-long', 'prompt is too long: 5000 tokens > 4096 maximum'],
    ['no-tool-parser', 'unsupported', 'requires --enable-auto-tool-choice'],
    ['bad-field', 'invalid-request', 'body.temperature: Input should be less than'],
    ['error-200', 'backend-failed', '200 for mini: upstream exploded'],
    ['error-first', 'backend-failed', 'slot unavailable'],
  ] as const)('%s is %s, not an answer', async (...row) => {
    const [fixture, code, says, retryAfterSeconds] = row;
    const events = await generate(fixture);
    const failure: unknown = await events.next().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, retryAfterSeconds });
    const { message } = failure as Error;
    expect(message).toContain(says);
    expect(message).not.toMatch(/[\n<]/);
  });
});

describe('an upstream that fails within its answer', () => {
  covers('R4.2-fault');

  it.each([
    ['error-event', 'failed in mid-answer: CUDA error: out of memory'],
    ['error-field', 'Compute error'],
    ['no-finish', 'ended its answer before it was done'],
    ['broken-off', 'broke off'],
    ['half-event', 'only a part of one'],
    ['not-json', 'sent an event that is not an answer'],
    ['not-an-event', 'sent an event that is not an answer'],
    ['aborted', 'ended its answer with "abort"'],
  ])('%s fails after the text that came', async (fixture, says) => {
    const seen: GenerationEvent[] = [];
    const read = async (): Promise<void> => {
      for await (const event of await generate(fixture)) seen.push(event);
    };
    await expect(read()).rejects.toMatchObject({
      code: 'backend-failed',
      message: expect.stringContaining(says) as string,
    });
    expect(seen.slice(0, 2)).toEqual([
      { type: 'admitted', inputTokens: expect.any(Number) },
      { type: 'text-delta', text: 'One' },
    ]);
  });

  it('refuses an endless page', async () => {
    const piece = '<br>\n'.repeat(200_000);
    let sent = 0;
    const server = await serve((incoming, response) => {
      response.setHeader('content-type', 'text/html');
      if (incoming.method === 'GET') {
        response.end();
        return;
      }
      const more = (): void => {
        while (!response.destroyed && response.write(piece)) sent++;
      };
      response.on('drain', more);
      more();
    });
    onTestFinished(server.close);
    const events = backend.generate(request(entry(server.url), said('Hi')), signal);
    await expect(collect(events)).rejects.toMatchObject({
      code: 'backend-failed',
      message: expect.stringContaining('sent over 65536 bytes') as string,
    });
    expect(sent * piece.length).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('an unusual upstream', () => {
  covers('R4.2-stream', 'R4.2-fault', 'R4.2-usage', 'R4.2-thinking', 'R4.2-failure');

  it.each([1, 2, 3, 1000])('never splits characters in pieces of %i bytes', async (pieceBytes) => {
    const { text } = await collect(await generate('characters', { pieceBytes }));
    expect(text).toBe('naïve 🙂 数');
  });

  it.each([
    ['no-done', 'One', { promptTokens: 20, outputTokens: 2 }],
    // Guessed, for want of anything better: by the prompt's length, and an event for each token.
    ['uncounted', 'One two', { promptTokens: 11, outputTokens: 2 }],
    ['comments', 'One two', { outputTokens: 2 }],
  ])('completes %s', async (fixture, text, usage) => {
    const answer = await collect(await generate(fixture));
    expect(answer).toMatchObject({ text, finish: { reason: 'end-turn', usage } });
  });

  it('reads DeepSeek’s own fields', async () => {
    const answer = await collect(await generate('deepseek'));
    expect(answer).toMatchObject({ thinking: 'Easy.', text: 'One' });
    expect(answer.finish?.usage).toEqual({
      promptTokens: 20,
      cacheReadTokens: 12,
      cacheCreationTokens: 0,
      outputTokens: 5,
      thinkingTokens: 3,
    });
  });

  it('reports a refusal as such', async () => {
    const answer = await collect(await generate('refused'));
    expect(answer).toMatchObject({
      text: 'I can’t help with that.',
      finish: { reason: 'refusal' },
    });
  });
});

describe('a server that is away', () => {
  covers('R4.2-away');

  it('is named with a hint, and found again without a restart', async () => {
    const fixture = await fixtures.read('hand-made/plain');
    const first = await startReplay(fixture);
    const { url, port } = first;
    await first.close();
    const asked = request(entry(url), said('Hi'));
    const failure = { code: 'backend-unavailable', retryAfterSeconds: 5 };
    await expect(backend.generate(asked, signal).next()).rejects.toMatchObject(failure);
    await expect(backend.capabilities(asked.model, signal)).rejects.toMatchObject({
      ...failure,
      message: expect.stringMatching(/does not answer at .*ECONNREFUSED.*models\.yaml$/) as string,
    });
    const again = await startReplay(fixture, {}, port);
    onTestFinished(again.close);
    expect((await collect(backend.generate(asked, signal))).text).toBe('One');
  });
});
