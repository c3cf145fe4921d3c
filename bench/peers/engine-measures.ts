import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { median, sum } from '../statistics.ts';
import { ask } from './ask.ts';
import type { PeerTurn } from './ask.ts';
import { said, text, withServer } from './measures.ts';
import type { Measure } from './measures.ts';
import { cpuMs } from './processes.ts';

const loadedSchema = z.object({
  models: z.array(z.looseObject({ slots: z.looseObject({ busy: z.number() }) })),
});

/** Number of busy slots of a Portico server. */
async function busySlots(url: string): Promise<number> {
  const response = await fetch(`${url}/portico/models`);
  return sum(loadedSchema.parse(await response.json()).models.map(({ slots }) => slots.busy));
}

const ABORTS = 5;
const POLL_MS = 2;

/** Time from the client's disconnect in the prefill of 6,000 words until no slot is busy. */
export const abortMs: Measure = (peer, round) =>
  withServer(peer, 1, async ({ url }) => {
    const times: number[] = [];
    for (let count = 0; count < ABORTS; count++) {
      const controller = new AbortController();
      const messages = said(text(6000, 300 * round + count));
      const asked = ask(url, { max_tokens: 1, messages }, undefined, controller.signal);
      asked.catch(() => undefined);
      while ((await busySlots(url)) === 0) await delay(POLL_MS);
      // The client leaves at different places of a step.
      await delay(1500 + count * 37);
      const began = performance.now();
      controller.abort();
      while ((await busySlots(url)) > 0) await delay(POLL_MS);
      times.push(performance.now() - began);
    }
    return median(times);
  });

const TURNS = 30;

/** Share of the earlier prompt and answer that the later turns of a session of 30 turns read from the cache. */
export const sessionReuse: Measure = (peer, round) =>
  withServer(peer, 1, async ({ url }) => {
    const system = text(800, 4000 + round);
    const turns: PeerTurn[] = [];
    const [cached, earlier]: [number[], number[]] = [[], []];
    let before = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      turns.push(...said(text(40, 5000 + 100 * round + turn)));
      const answer = await ask(url, { max_tokens: 24, system, messages: turns });
      if (turn > 0) {
        cached.push(answer.cachedTokens);
        earlier.push(before);
      }
      // The last token of an answer at its limit is not evaluated.
      before = answer.promptTokens + answer.outputTokens - 1;
      turns.push({ role: 'assistant', content: answer.text });
    }
    return sum(cached) / sum(earlier);
  });

/** CPU time of all processes for each token of an answer that repeats a text of the prompt. */
export const copyCpuMs: Measure = (peer, round) =>
  withServer(peer, 1, async ({ url, pid }) => {
    const copied = text(120, 800 + round);
    const content = `Repeat this text word by word, and nothing else:\n\n${copied}`;
    const messages = [...said(content), { role: 'assistant', content: copied }, ...said(content)];
    const body = { max_tokens: 200, messages };
    // The prompt is in the cache for the second request.
    await ask(url, { ...body, max_tokens: 1 });
    const before = await cpuMs(pid);
    const { outputTokens } = await ask(url, body);
    if (outputTokens < 32) throw new Error('The answer was too short to measure.');
    return ((await cpuMs(pid)) - before) / outputTokens;
  });

/** A PNG of 8 × 8 red pixels. */
const RED =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEklEQVQImWP4z8CAFWEXHbQSACj/P8FTKqelAAAAAElFTkSuQmCC';
const PICTURE = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: RED },
} as const;

/** Time of six turns each of two conversations with a picture that take turns, in milliseconds. */
export const pictureTurnsMs: Measure = (peer, round) =>
  withServer(peer, 2, async ({ url }) => {
    // The first picture of a size is measured.
    await conversation(url, 1, 70 + round);
    const began = performance.now();
    await Promise.all([0, 1].map((talk) => conversation(url, 6, 80 + 2 * round + talk)));
    return performance.now() - began;
  });

/** Runs a conversation whose first turn has a picture. */
async function conversation(url: string, turns: number, seed: number): Promise<void> {
  const messages: object[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const words = { type: 'text', text: text(turn === 0 ? 200 : 10, 100 * seed + turn) };
    messages.push({ role: 'user', content: turn === 0 ? [PICTURE, words] : [words] });
    const answer = await ask(url, { max_tokens: 8, messages });
    messages.push({ role: 'assistant', content: answer.text || '.' });
  }
}
