import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { eventsOf } from '../support/event-stream.ts';
import { messageOf, post, request, textOf } from '../support/messages-api.ts';
import { randomOf } from '../support/random.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { readBody, serve } from '../support/upstream/replay.ts';
import type { LocalServer } from '../support/upstream/replay.ts';
import { IS_LONG, reportRows } from './report.ts';
import { SPEECHES } from './speech.ts';

const STREAMS = 200;
const ROUNDS = IS_LONG ? 10 : 1;
const PIECES = 40;

const ASKED = z.object({ messages: z.array(z.object({ content: z.string() })) });

/** The pieces of a stream's answer, which no other stream has. */
function piecesOf(name: string): readonly string[] {
  const digest = createHash('sha256').update(name).digest('hex');
  return Array.from({ length: PIECES }, (_, at) => `${name}:${at}:${digest.slice(0, 1 + at)} `);
}

const checksum = (text: string): string => createHash('sha256').update(text).digest('hex');

let open = 0;

/** Answers with the pieces of the stream that the prompt names, at a pace of its own. */
async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await readBody(incoming)).toString();
  const { url = '' } = incoming;
  if (url.endsWith('/api/show')) {
    response.setHeader('content-type', 'application/json').end('{"details":{}}');
    return;
  }
  const speech = SPEECHES[url.endsWith('/api/chat') ? 'ollama' : 'openai'];
  const asked = ASKED.safeParse(JSON.parse(body === '' ? '{}' : body)).data;
  if (asked === undefined) {
    response.writeHead(404).end();
    return;
  }
  const name = asked.messages.at(-1)?.content ?? '';
  const random = randomOf(name.length + Number(/\d+/.exec(name)?.[0]));
  open++;
  response.once('close', () => open--);
  response.setHeader('content-type', speech.type);
  for (const piece of piecesOf(name)) {
    if (response.destroyed) return;
    response.write(speech.text(piece));
    await (random.chance(0.3) ? delay(random.below(10)) : nextTurn());
  }
  response.end(speech.finish() + speech.end);
}

let upstream: LocalServer;
let server: RunningServer;
beforeAll(async () => {
  upstream = await serve((incoming, response) => void answer(incoming, response));
  server = await startServer({
    registry: ['ollama', 'openai']
      .map((kind) => `  ${kind}: { backend: ${kind}, url: '${upstream.url}' }\n`)
      .reduce((text, entry) => text + entry, 'models:\n'),
  });
});
afterAll(async () => {
  await server.stop();
  await upstream.close();
});

type Outcome = 'right' | 'mixed up' | 'left';

/** Reads one stream, to its end or until so many characters have come. */
async function play(name: string, model: string, leavesAfter = Infinity): Promise<Outcome> {
  const leave = new AbortController();
  const url = `${server.url}/v1/messages`;
  const response = await post(url, request(name, { model, stream: true }), {}, leave.signal);
  const expected = piecesOf(name).join('');
  let text = '';
  for await (const { data } of eventsOf(response)) {
    text += data.delta?.text ?? '';
    if (text.length > leavesAfter) break;
  }
  leave.abort();
  if (text.length > leavesAfter) return expected.startsWith(text) ? 'left' : 'mixed up';
  return checksum(text) === checksum(expected) ? 'right' : 'mixed up';
}

/** The same for an answer that comes whole. */
async function playWhole(name: string, model: string): Promise<Outcome> {
  const response = await post(`${server.url}/v1/messages`, request(name, { model }));
  const text = textOf(await messageOf(response));
  return checksum(text) === checksum(piecesOf(name).join('')) ? 'right' : 'mixed up';
}

/** An answer of the embedded model, which counts. */
async function playMini(): Promise<Outcome> {
  const response = await post(`${server.url}/v1/messages`, request('Count from 1 to 3'));
  return textOf(await messageOf(response)) === '1, 2, 3' ? 'right' : 'mixed up';
}

const record = reportRows('Streams');

it(
  `does not mix ${STREAMS} streams at once, of which some are left`,
  async () => {
    const outcomes: Outcome[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const random = randomOf(round);
      const playing = Array.from({ length: STREAMS }, (_, index) => {
        const name = `stream-${round * STREAMS + index}`;
        const model = random.pick(['ollama', 'openai']);
        if (random.chance(0.05)) return playMini();
        if (random.chance(0.2)) return playWhole(name, model);
        return play(name, model, random.chance(0.3) ? random.below(800) : Infinity);
      });
      outcomes.push(...(await Promise.all(playing)));
      await expect.poll(() => open, { timeout: 10_000 }).toBe(0);
    }
    const count = (outcome: Outcome) => outcomes.filter((one) => one === outcome).length;
    record(
      `${STREAMS} streams at once, ${ROUNDS} times`,
      `${count('mixed up')} mixed streams: ${count('right')} right, ${count('left')} left by their clients`,
    );
    expect(count('mixed up')).toBe(0);
    expect(count('left')).toBeGreaterThan(STREAMS / 20);
    expect(server.stderr()).not.toContain('failed unexpectedly');
  },
  IS_LONG ? 600_000 : 60_000,
);
