import { randomInt } from 'node:crypto';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import type { BatchItem, LlamaContextSequence, Token } from 'node-llama-cpp';
import { startLeastServer } from './least-server.ts';
import type { RawCommand, RawPrompt, RawReply, RawSettings } from './raw-protocol.ts';
import type { Timeline } from './timeline.ts';

/** Process with node-llama-cpp and nothing else. */

/** Default sampling of Portico. */
const SAMPLING = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 } as const;
/** Turns of the dispatcher to wait for a sequence, which usually returns within three. */
const MOST_TURNS = 40;

let sequences: readonly LlamaContextSequence[] = [];
let plainTokens: readonly Token[] = [];
let active = 0;
let turns = 0;

process.on('message', (command: RawCommand) => void reply(command));
process.on('disconnect', () => process.exit(0));

async function reply(command: RawCommand): Promise<void> {
  const done = await work(command).catch((error: unknown): RawReply => ({
    type: 'failed',
    message: String(error),
  }));
  process.send?.(done);
}

async function work(command: RawCommand): Promise<RawReply> {
  switch (command.type) {
    case 'open':
      await open(command.settings);
      return { type: 'opened' };
    case 'answer':
      return { type: 'answered', timelines: await answerAll(command.prompts) };
    case 'serve':
      return { type: 'serving', url: await startLeastServer(generate) };
    default:
      return command satisfies never;
  }
}

async function open({ file, contextSize, sequences: count, threads }: RawSettings): Promise<void> {
  const llama = await getLlama({ gpu: 'auto', build: 'never', logLevel: LlamaLogLevel.error });
  const model = await llama.loadModel({ modelPath: file });
  // The second half of the vocabulary includes the control tokens.
  const tokens = [...model.iterateAllTokens()];
  plainTokens = tokens.slice(0, tokens.length / 2);
  const context = await model.createContext({
    contextSize,
    sequences: count,
    threads,
    batching: { itemPrioritizationStrategy: fullBatches },
  });
  sequences = Array.from({ length: count }, () => context.getSequence());
}

/** Waits until all sequences have returned: the known remedy for half-empty batches of the dispatcher. */
function fullBatches({ items, size }: { readonly items: readonly BatchItem[]; size: number }) {
  if (items.length < active && turns++ < MOST_TURNS) return [];
  turns = 0;
  let room = size;
  return items.flatMap((item) => {
    const processAmount = Math.min(item.tokens.length, room);
    room -= processAmount;
    return processAmount > 0 ? [{ item, processAmount }] : [];
  });
}

async function answerAll(prompts: readonly RawPrompt[]): Promise<readonly Timeline[]> {
  const began = performance.now();
  return Promise.all(prompts.map((prompt) => answer(prompt, began)));
}

async function answer(prompt: RawPrompt, began: number): Promise<Timeline> {
  const timeline: number[] = [];
  for await (const _ of generate(prompt)) timeline.push(performance.now() - began);
  return timeline;
}

async function* generate({ sequence: index, keep, fresh, generate: most }: RawPrompt) {
  const sequence = sequences[index];
  if (sequence === undefined) throw new Error(`There is no sequence ${index}.`);
  const kept = sequence.contextTokens.slice(0, keep);
  if (kept.length < sequence.nextTokenIndex) await sequence.adaptStateToTokens(kept, false);
  const tokens = Array.from(
    { length: fresh },
    () => plainTokens[randomInt(plainTokens.length)] ?? [],
  ).flat();
  let generated = 0;
  active += 1;
  try {
    const seed = randomInt(2 ** 32 - 1);
    for await (const token of sequence.evaluate(tokens, { ...SAMPLING, seed })) {
      yield token;
      generated += 1;
      if (generated >= most) break;
    }
  } finally {
    active -= 1;
  }
}
