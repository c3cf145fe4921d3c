import { startPorticoServer } from '../portico-server.ts';
import { MODEL, PorticoClient, StreamClient } from './client.ts';
import type { Question, StreamedAnswer } from './client.ts';
import type { LeastPrompt } from './least-server.ts';
import type { WordModel } from './model.ts';
import { RawLlama } from './raw-llama.ts';
import type { RawPrompt } from './raw-protocol.ts';
import type { Timeline } from './timeline.ts';
import { prose } from './words.ts';

/** More would fight with the client, the server and the rest of a machine with two cores. */
const THREADS = 1;

export interface RigSettings {
  readonly model: WordModel;
  readonly contextSize: number;
  readonly sequences: number;
}

/** One model behind Portico and in raw llama.cpp, each in processes of its own. */
export interface Rig {
  readonly portico: PorticoClient;
  readonly raw: RawLlama;
  /** Has the least server in front of raw llama.cpp answer prompts at the same time, over HTTP. */
  readonly least: (prompts: readonly RawPrompt[]) => Promise<readonly Timeline[]>;
  /** So many words, about one token each; others for each seed. */
  readonly prose: (count: number, seed: number) => string;
}

/** Sets both up, has them answer once, so that all is loaded and compiled, and takes them down after. */
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
  let behindLeast: StreamClient | undefined;
  try {
    raw = await RawLlama.open({ file: model.file, contextSize, sequences, threads: THREADS });
    const client = (behindLeast = new StreamClient(await raw.serve()));
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
    await behindLeast?.close();
    await raw?.close();
    await portico.close();
    await server.stop();
  }
}

/** When its tokens were there, on the process's clock. */
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

/** Steps of a prefill grow as they are measured: one long prompt lets them. */
async function warmUp({ portico, raw, prose: write }: Rig): Promise<void> {
  const messages = [{ role: 'user', content: write(600, 0) }] as const;
  for (let round = 0; round < 2; round += 1) {
    const { promptTokens } = await portico.ask({ messages, generate: 32 });
    await raw.answerOne({ sequence: 0, keep: 0, fresh: promptTokens, generate: 32 });
  }
}

/** An answer of Portico's, and of raw llama.cpp to as many tokens. */
export interface Pair {
  readonly ours: StreamedAnswer;
  /** What raw llama.cpp was told. */
  readonly prompt: RawPrompt;
  readonly raw: Timeline;
}

/**
 * Asks Portico, then has raw llama.cpp keep, evaluate and generate exactly as many tokens.
 * Throws where Portico's answer has not one delta for each token: then nothing could be compared.
 */
export async function pair({ portico, raw }: Rig, question: Question): Promise<Pair> {
  const ours = await portico.ask(question);
  if (ours.timeline.length !== ours.outputTokens || ours.outputTokens !== question.generate) {
    throw new Error(
      `${question.generate} tokens were asked for, ${ours.outputTokens} generated, ` +
        `and ${ours.timeline.length} deltas came.`,
    );
  }
  const prompt = asTokens(ours);
  return { ours, prompt, raw: await raw.answerOne(prompt) };
}

/** The same work in raw tokens. */
function asTokens(answer: StreamedAnswer): RawPrompt {
  const { promptTokens, cacheReadTokens, outputTokens } = answer;
  const fresh = promptTokens - cacheReadTokens;
  return { sequence: 0, keep: cacheReadTokens, fresh, generate: outputTokens };
}
