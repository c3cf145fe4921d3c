import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEventsOf, streamedText } from '../support/event-stream.ts';
import { errorOf, messageOf, post, request, textOf } from '../support/messages-api.ts';
import { readBody } from '../support/upstream/replay.ts';
import type { RunningServer } from '../support/server.ts';
import { KINDS, startBadUpstreams } from './bad-upstreams.ts';
import type { BadUpstreams } from './bad-upstreams.ts';
import { reportRows } from './report.ts';
import { SPEECHES } from './speech.ts';
import { UPSTREAM_FAULTS } from './upstream-faults.ts';
import type { UpstreamFault } from './upstream-faults.ts';

const TOOL = { name: 'look', input_schema: { type: 'object' } };
const ENOUGH_MS = 20_000;
const FAULTS = Object.entries(UPSTREAM_FAULTS);

/** Answers of the scripted server that have not ended. */
let open = 0;

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  await readBody(incoming);
  const [, kind, number = '', ...rest] = (incoming.url ?? '').split('/');
  const path = rest.join('/');
  if (path === 'api/show') {
    response.setHeader('content-type', 'application/json').end('{"details":{}}');
  } else if (path === 'api/chat' || path.endsWith('chat/completions')) {
    open++;
    response.once('close', () => open--);
    FAULTS[Number(number)]?.[1].act(response, SPEECHES[kind === 'openai' ? 'openai' : 'ollama']);
  } else response.writeHead(404).end();
}

let upstreams: BadUpstreams;
let server: RunningServer;
beforeAll(async () => {
  upstreams = await startBadUpstreams(answer, FAULTS.length);
  ({ server } = upstreams);
});
afterAll(() => upstreams.stop());

const ask = (model: string, stream: boolean) =>
  post(
    `${server.url}/v1/messages`,
    request('Hello', { model, stream, max_tokens: 20_000, tools: [TOOL] }),
    {},
    AbortSignal.timeout(ENOUGH_MS),
  );

/** Result of an answer for a client: its text, or the kind of its error. */
type Outcome = { readonly text: string } | { readonly error: string };

/** Outcome of a whole answer. Throws for what is none of the API's. */
async function whole(model: string): Promise<Outcome> {
  const response = await ask(model, false);
  if (response.status === 200) return { text: textOf(await messageOf(response)) };
  return { error: `${response.status} ${(await errorOf(response)).error.type}` };
}

/** Outcome of a streamed answer, which ends in one way only. */
async function streamed(model: string): Promise<Outcome> {
  const response = await ask(model, true);
  if (response.status !== 200) {
    return { error: `${response.status} ${(await errorOf(response)).error.type}` };
  }
  const events = await allEventsOf(response);
  const ends = events.filter(({ event }) => event === 'message_stop' || event === 'error');
  expect(ends).toHaveLength(1);
  const [last] = ends;
  expect(events.at(-1)).toBe(last);
  return last?.event === 'error'
    ? { error: `200, then ${last.data.error?.type}` }
    : { text: streamedText(events) };
}

const said = (outcome: Outcome): string =>
  'error' in outcome ? outcome.error : `an answer of ${outcome.text.length} characters`;

describe.each(KINDS)('a server of %s that', (kind) => {
  const record = reportRows(`Model servers: ${kind}`);
  it.each(FAULTS.map(([name, fault], index) => [name, index, fault] as const))(
    '%s',
    async (name, index, fault: UpstreamFault) => {
      const model = `${kind}-${index}`;
      const outcomes = await Promise.all([whole(model), streamed(model)]);
      record(`${name} (${fault.phase})`, outcomes.map(said).join('; streamed: '));
      if (fault.text !== undefined) {
        expect(outcomes).toEqual([{ text: fault.text }, { text: fault.text }]);
      }
      await expect.poll(() => open).toBe(0);
    },
  );
});

it('leaves the server whole: nothing unforeseen in its log', async () => {
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect(server.stderr()).not.toContain('failed unexpectedly');
});
