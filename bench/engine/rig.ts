import { startPorticoServer } from '../portico-server.ts';
import { MODEL, PorticoClient, StreamClient } from './client.ts';
import type { ChatRequest, StreamedAnswer } from './client.ts';
import type { LeastPrompt } from './least-server.ts';
import type { WordModel } from './model.ts';
import { RawLlama } from './raw-llama.ts';
import type { RawPrompt } from './raw-protocol.ts';
import type { Timeline } from './timeline.ts';
import { prose } from './words.ts';

/** One thread, because more would compete with client and server on a machine with two cores. */
const THREADS = 1;

export interface RigSettings {
  readonly model: WordModel;
  readonly contextSize: number;
  readonly sequences: number;
}

/** One model in Portico and in raw llama.cpp, in separate processes. */
export interface Rig {
  readonly portico: PorticoClient;
  readonly raw: RawLlama;
  /** Sends prompts to the minimal server in front of raw llama.cpp, concurrently over HTTP. */
  readonly least: (prompts: readonly RawPrompt[]) => Promise<readonly Timeline[]>;
  /** Makes a text of `count` words, about one token each. Each seed has different words. */
  readonly prose: (count: number, seed: number) => string;
}

/** Starts both, warms them up, runs a measurement, and stops both. */
export async function withRig<Result>(
  { model, contextSize, sequences }: RigSettings,
  measure: (rig: Rig) => Promise<Result>,
): Promise<Result> {
  const registry = `models:\n  ${MODEL}: { backend: llama, file: ${JSON.stringify(model.file)} }\n`;
  const flags = { threads: THREADS, context: contextSize, parallel: sequences };
  const server = await startPorticoServer(
    registry,
    Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
  );
  const portico = new PorticoClient(server.url);
  let raw: RawLlama | undefined;
  let leastClient: StreamClient | undefined;
  try {
    raw = await RawLlama.open({ file: model.file, contextSize, sequences, threads: THREADS });
    const client = (leastClient = new StreamClient(await raw.serve()));
    const rig = {
      portico,
      raw,
      least: (prompts: readonly RawPrompt[]) =>
        Promise.all(prompts.map((prompt) => askLeast(client, prompt, prompts.length))),
      prose: (count: number, seed: number) => prose(model.words, count, seed),
    };
    await warmUp(rig);
    return await measure(rig);
  } finally {
    await leastClient?.close();
    await raw?.close();
    await portico.close();
    await server.stop();
  }
}

/** Sends a prompt to the minimal server. Returns the times of its tokens on this process's clock. */
async function askLeast(
  client: StreamClient,
  prompt: RawPrompt,
  together: number,
): Promise<Timeline> {
  const timeline: number[] = [];
  const body: LeastPrompt = { ...prompt, together };
  await client.stream(body, undefined, { onToken: () => timeline.push(performance.now()) });
  return timeline;
}

/** Warms up with long prompts, because the steps of a prefill grow with its measurements. */
async function warmUp({ portico, raw, prose: write }: Rig): Promise<void> {
  const messages = [{ role: 'user', content: write(600, 0) }] as const;
  for (let round = 0; round < 2; round += 1) {
    const { promptTokens } = await portico.ask({ messages, generate: 32 });
    await raw.answerOne({ sequence: 0, keep: 0, fresh: promptTokens, generate: 32 });
  }
}

/** Answer of Portico, and the times of raw llama.cpp for the same numbers of tokens. */
export interface Pair {
  readonly ours: StreamedAnswer;
  /** Prompt of raw llama.cpp. */
  readonly prompt: RawPrompt;
  readonly raw: Timeline;
}

/**
 * Asks Portico, then lets raw llama.cpp keep, evaluate and generate the same numbers of tokens. Throws if
 * Portico's answer does not have one delta per token, because the figures would not be comparable.
 */
export async function pair({ portico, raw }: Rig, question: ChatRequest): Promise<Pair> {
  const ours = await portico.ask(question);
  if (ours.timeline.length !== ours.outputTokens || ours.outputTokens !== question.generate) {
    throw new Error(
      `${question.generate} tokens were requested, ${ours.outputTokens} generated, ` +
        `and ${ours.timeline.length} deltas received.`,
    );
  }
  const prompt = asTokens(ours);
  return { ours, prompt, raw: await raw.answerOne(prompt) };
}

/** Prompt of raw llama.cpp with the same numbers of tokens. */
function asTokens(answer: StreamedAnswer): RawPrompt {
  const { promptTokens, cacheReadTokens, outputTokens } = answer;
  const fresh = promptTokens - cacheReadTokens;
  return { sequence: 0, keep: cacheReadTokens, fresh, generate: outputTokens };
}
