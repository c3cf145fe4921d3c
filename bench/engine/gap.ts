import { median, rounded } from '../statistics.ts';
import type { Rig } from './rig.ts';
import { largestGap } from './timeline.ts';

export interface GapPlan {
  readonly rounds: number;
  /** Words of the prompt that is prefilled during the stream. */
  readonly words: number;
}

/** Tokens of the stream: more than it generates during the prefill. */
const STREAMED = 2000;
/** Tokens after which the stream counts as running, because its own prefill is over. */
const BEGUN = 8;

/** Measures the longest gap in a running stream while a long prompt is prefilled. */
export async function measureGap(rig: Rig, { rounds, words }: GapPlan) {
  const gaps: number[] = [];
  const prefills: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const stream = await startStream(rig, round);
    const from = performance.now();
    const messages = [{ role: 'user', content: rig.prose(words, 5100 + round) }] as const;
    const { timeline } = await rig.portico.ask({ messages, generate: 1, session: 'prefill' });
    const ms = timeline[0] ?? Infinity;
    const tokens = await stream.stop();
    gaps.push(largestGap(tokens, from, from + ms));
    prefills.push(ms);
  }
  return {
    maxStreamGapMs: rounded(median(gaps)),
    streamGapsMs: gaps.map(rounded),
    prefillBesideStreamMs: rounded(median(prefills)),
  };
}

const FAILED = 'The stream failed.';

/** Starts a stream and waits for its first tokens. `stop` returns the times of all tokens. */
async function startStream({ portico, prose }: Rig, round: number) {
  const controller = new AbortController();
  const tokens: number[] = [];
  let begin: () => void;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const onToken = () => {
    if (tokens.push(performance.now()) === BEGUN) begin();
  };
  const messages = [{ role: 'user', content: prose(40, 5000 + round) }] as const;
  const question = { messages, generate: STREAMED, session: 'stream' };
  const ended = portico.ask(question, { signal: controller.signal, onToken }).then(
    () => new Error('The stream ended while the prompt was prefilled.'),
    (cause: unknown) => (controller.signal.aborted ? undefined : new Error(FAILED, { cause })),
  );
  await Promise.race([begun, ended]);
  return {
    async stop(): Promise<readonly number[]> {
      controller.abort();
      const failure = await ended;
      if (failure !== undefined) throw failure;
      return tokens;
    },
  };
}
