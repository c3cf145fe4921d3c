import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, messageOf, post, request } from '../support/messages-api.ts';
import { allEventsOf } from '../support/event-stream.ts';
import { readBody } from '../support/upstream/replay.ts';
import type { RunningServer } from '../support/server.ts';
import { KINDS, startBadUpstreams } from './bad-upstreams.ts';
import type { BadUpstreams } from './bad-upstreams.ts';
import { SPEECHES } from './speech.ts';
import type { Speech } from './speech.ts';

const PIECE = 'x'.repeat(1000);
const look = (json: string) => ({ index: 0, function: { name: 'look', arguments: json } });

/** Lines that a server sends over and over, the first one before them. */
type Endless = Readonly<Record<string, (speech: Speech) => { first?: string; line: string }>>;

const ENDLESS_PARTS: Endless = {
  text: (speech) => ({ line: speech.text(PIECE) }),
  'text letter by letter': (speech) => ({ line: speech.text('x') }),
  thinking: (speech) => ({
    line: speech.chunk({ content: '', thinking: PIECE, reasoning_content: PIECE }),
  }),
  arguments: (speech) => ({
    first: speech.calls([look('{"at":"')]),
    line: speech.calls([look(PIECE)]),
  }),
  calls: (speech) => ({ line: speech.calls([{ function: { name: 'look', arguments: {} } }]) }),
};

/** Lines without a part of an answer. */
const ENDLESS_NOTHING: Endless = {
  'empty deltas': (speech) => ({ line: speech.chunk({ content: '', filler: PIECE }) }),
  'empty lines': () => ({ line: '\n' }),
};
const ENDLESS: Endless = { ...ENDLESS_PARTS, ...ENDLESS_NOTHING };
const ENDS = Object.keys(ENDLESS);

let open = 0;

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  await readBody(incoming);
  const [, kind, number = '', ...rest] = (incoming.url ?? '').split('/');
  const path = rest.join('/');
  if (path === 'api/show') {
    response.setHeader('content-type', 'application/json').end('{"details":{}}');
    return;
  }
  if (path !== 'api/chat' && !path.endsWith('chat/completions')) {
    response.writeHead(404).end();
    return;
  }
  const speech = SPEECHES[kind === 'openai' ? 'openai' : 'ollama'];
  const { first = '', line } = ENDLESS[ENDS[Number(number)] ?? '']?.(speech) ?? { line: '' };
  const lines = line.repeat(Math.ceil(60_000 / line.length));
  open++;
  response.once('close', () => open--).setHeader('content-type', speech.type);
  response.write(first);
  const send = (): void => {
    while (!response.destroyed && response.write(lines));
  };
  response.on('drain', send);
  send();
}

let upstreams: BadUpstreams;
let server: RunningServer;
beforeAll(async () => {
  upstreams = await startBadUpstreams(answer, ENDS.length);
  ({ server } = upstreams);
});
afterAll(() => upstreams.stop());

const ask = (model: string, more: object) =>
  post(
    `${server.url}/v1/messages`,
    request('Hello', {
      model,
      tools: [{ name: 'look', input_schema: { type: 'object' } }],
      ...more,
    }),
    {},
    AbortSignal.timeout(20_000),
  );

const cases = (endless: Endless) =>
  KINDS.flatMap((kind) =>
    Object.keys(endless).map((end) => [kind, end, ENDS.indexOf(end)] as const),
  );

describe.each(cases(ENDLESS_PARTS))('an answer of %s that has endless %s', (kind, _end, index) => {
  const model = `${kind}-${index}`;

  it('ends as one that has met max_tokens', async () => {
    const message = await messageOf(await ask(model, { max_tokens: 10 }));
    expect(message.stop_reason).toBe('max_tokens');
    await expect.poll(() => open).toBe(0);
  });

  it('ends so as a stream', async () => {
    const events = await allEventsOf(await ask(model, { max_tokens: 10, stream: true }));
    expect(events.at(-1)?.event).toBe('message_stop');
    expect(JSON.stringify(events.slice(-2))).toContain('"max_tokens"');
    await expect.poll(() => open).toBe(0);
  });
});

describe.each(cases(ENDLESS_NOTHING))(
  'a server of %s that sends endless %s',
  (kind, _end, index) => {
    it('is cut off after 32 MB', async () => {
      const response = await ask(`${kind}-${index}`, { max_tokens: 10 });
      expect(response.status).toBe(500);
      expect((await errorOf(response)).error.message).toContain(
        'sent nothing of an answer in over 33554432 bytes, so it was cut off',
      );
      await expect.poll(() => open).toBe(0);
    });
  },
);

describe('an answer of more than 32 MB', () => {
  it.each(KINDS)('of %s fails by name, however many tokens were asked for', async (kind) => {
    const response = await ask(`${kind}-0`, { max_tokens: 10_000_000 });
    expect(response.status).toBe(500);
    expect((await errorOf(response)).error.message).toContain(
      'sent an answer of over 33554432 characters, so it was cut off',
    );
    await expect.poll(() => open).toBe(0);
  });
});
