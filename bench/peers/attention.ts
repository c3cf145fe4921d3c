import type { Bar } from '../bars.ts';
import type { Part, Section } from '../part.ts';
import { median, rotated, rounded, sum } from '../statistics.ts';
import { ask } from './ask.ts';
import type { PeerTurn } from './ask.ts';
import { said, text, withServer } from './measures.ts';
import type { Measure } from './measures.ts';
import { porticoPeer } from './peer.ts';
import type { RunningPeer } from './peer.ts';
import { cpuMs } from './processes.ts';
import { fileOf, isFile, MODEL_VARIABLE } from './variables.ts';

const KINDS = ['auto', 'on', 'off'] as const;
const ROUNDS = 3;
/** Largest ratio of the chosen kind to the better one. */
const MOST_RATIO = 1.05;

/** Words that make about 1,000 tokens of SmolLM2. */
const THOUSAND = 900;
const WRITTEN = 200;
/** Measured turns of a session; all turns are alike. */
const TURNS = 4;
const SESSION_TURNS = 20;

/** Question with a long answer. */
const story = (words: string) => said(`${words}. Write an endless story about these words.`);

/** CPU time of a cold prompt of 7,000 tokens and 200 generated ones. */
const coldPrompt: Measure = (peer, round) =>
  withServer(peer, 1, (server) => cost(server, story(text(7 * THOUSAND, 300 + round))));

/** CPU time of twenty turns that read 800 tokens after 6,000 cached ones, and write 200. */
const warmTurns: Measure = (peer, round) =>
  withServer(peer, 1, async (server) => {
    const before = said(text(6 * THOUSAND, 600 + round));
    await ask(server.url, { max_tokens: 1, messages: before });
    const costs: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const next = text(0.8 * THOUSAND, 10 * round + turn);
      const talk = [...before, { role: 'assistant', content: 'Go on.' } as const, ...story(next)];
      costs.push(await cost(server, talk));
    }
    return (sum(costs) / TURNS) * SESSION_TURNS;
  });

/**
 * CPU time of a request with 200 generated tokens. The model may end its answer earlier, so the time of a token is
 * measured.
 */
async function cost({ url, pid }: RunningPeer, messages: readonly PeerTurn[]): Promise<number> {
  const start = await cpuMs(pid);
  let first: Promise<number> | undefined;
  const { outputTokens } = await ask(url, { max_tokens: WRITTEN, messages }, () => {
    first ??= cpuMs(pid);
  });
  const end = await cpuMs(pid);
  if (first === undefined || outputTokens < 2) throw new Error('The answer was too short.');
  const read = await first;
  return read - start + ((end - read) / (outputTokens - 1)) * WRITTEN;
}

const CASES: readonly (readonly [string, Measure])[] = [
  ['a cold prompt of 7,000 and 200 generated', coldPrompt],
  ['20 warm turns of 800 and 200 after 6,000', warmTurns],
];

/** Compares the kind of flash attention that Portico chooses to each kind. Figures are CPU times. */
export const attention: Part = {
  title: 'attention',
  canRun: () => isFile(MODEL_VARIABLE),
  async run(): Promise<Section> {
    const file = fileOf(MODEL_VARIABLE, 'a GGUF file');
    const results: Record<string, unknown> = {};
    const bars: Bar[] = [];
    for (const [name, measure] of CASES) {
      const times: Record<(typeof KINDS)[number], number[]> = { auto: [], on: [], off: [] };
      for (let round = 0; round < ROUNDS; round++) {
        for (const kind of rotated(KINDS, round)) {
          const peer = porticoPeer(file, { flash_attention: kind });
          times[kind].push(await measure(peer, round));
        }
      }
      const [chosen, on, off] = [median(times.auto), median(times.on), median(times.off)];
      results[name] = { auto: rounded(chosen), on: rounded(on), off: rounded(off) };
      const value = chosen / Math.min(on, off);
      bars.push({ name, value, unit: '', bound: { at: 'most', value: MOST_RATIO } });
      process.stderr.write(`${name}: ${JSON.stringify(results[name])}\n`);
    }
    return { results, bars };
  },
};
