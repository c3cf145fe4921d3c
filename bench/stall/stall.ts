import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import type { Bar } from '../bars.ts';
import type { Part, Section } from '../part.ts';
import { startPorticoServer } from '../portico-server.ts';
import { startServer } from '../process.ts';
import { rounded } from '../statistics.ts';
import type { StallBody } from './filling.ts';
import { hostileBodies } from './hostile.ts';
import { validBodies } from './valid.ts';
import { watchServer } from './watch.ts';
import type { Strain } from './watch.ts';

const WAIT_MS = 150;
const MEMORY_MB = 400;
const AT_ONCE = 6;
/** Two of the bodies are in memory while they are answered, and one more is decoded. */
const AT_ONCE_MB = 550;
const QUIET_MS = 2000;
/** Timeout of an answer. The work of engines on a valid body is not measured here. */
const ANSWER_TIMEOUT_MS = 20_000;

/** Effect of one body on the server's event loop and memory. */
export const stall: Part = { title: 'Stall: one body beside /health every 20 ms', run };

interface Outcome extends Strain {
  readonly name: string;
  /** Status, or the reason why there was none. */
  readonly answer: string;
  readonly seconds: number;
}

async function run(): Promise<Section> {
  const stub = await startServer([fileURLToPath(new URL('../facade/stub.js', import.meta.url))]);
  const server = await startPorticoServer(
    `models:\n  stub: { backend: openai, url: ${stub.url}, server: other }\n`,
    ['--threads', '1'],
  );
  try {
    const watch = await watchServer(server);
    const outcomes: Outcome[] = [];
    const measure = async (name: string, work: () => Promise<string>): Promise<void> => {
      await watch.take();
      const began = performance.now();
      const answer = await work();
      const seconds = rounded((performance.now() - began) / 1000);
      const { waitMs, peakMb } = await watch.take();
      outcomes.push({ name, answer, seconds, waitMs: rounded(waitMs), peakMb: rounded(peakMb) });
    };
    await measure('nothing', async () => {
      await wait(QUIET_MS);
      return '';
    });
    for (const body of [...hostileBodies('mini'), ...validBodies('stub'), ...validBodies('mini')]) {
      const bytes = body.make();
      await measure(body.name, () => send(server.url, body, bytes));
    }
    const worst = worstOf(outcomes);
    const [large] = validBodies('stub');
    if (large !== undefined)
      await measure(`${AT_ONCE} × ${large.name}`, () => sendAtOnce(server.url, large));
    watch.stop();
    return { results: { bodies: outcomes }, bars: [...outcomes, worst].flatMap(bars) };
  } finally {
    await server.stop();
    await stub.stop();
  }
}

/** Longest wait and peak memory of all single bodies. */
function worstOf(outcomes: readonly Outcome[]): Outcome {
  return {
    name: 'worst of all single bodies',
    answer: '',
    seconds: 0,
    waitMs: Math.max(...outcomes.map(({ waitMs }) => waitMs)),
    peakMb: Math.max(...outcomes.map(({ peakMb }) => peakMb)),
  };
}

/** Sends a body several times concurrently. Returns each distinct answer once. */
async function sendAtOnce(url: string, body: StallBody): Promise<string> {
  const bytes = body.make();
  const sending = Array.from({ length: AT_ONCE }, () => send(url, body, bytes));
  return [...new Set(await Promise.all(sending))].join(', ');
}

async function send(url: string, { path, headers }: StallBody, body: Uint8Array): Promise<string> {
  try {
    const answer = await request(url + (path ?? '/v1/messages'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const text = await answer.body.text();
    return `${answer.statusCode} ${text.slice(0, 160)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function bars({ name, waitMs, peakMb }: Outcome): readonly Bar[] {
  const most = name.startsWith(`${AT_ONCE} ×`) ? AT_ONCE_MB : MEMORY_MB;
  return [
    { name: `${name}: wait`, value: waitMs, unit: 'ms', bound: { at: 'most', value: WAIT_MS } },
    { name: `${name}: memory`, value: peakMb, unit: 'MB', bound: { at: 'most', value: most } },
  ];
}
