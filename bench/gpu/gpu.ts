import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Bar } from '../bars.ts';
import { MEDIUM, writeWordModel } from '../engine/model.ts';
import type { Part, Section } from '../part.ts';
import { ask, firstDeltaMs } from '../peers/ask.ts';
import { fourStreams, said, text, withServer } from '../peers/measures.ts';
import { llamaServerPeer, PEER_MODEL, porticoPeer } from '../peers/peer.ts';
import type { Peer } from '../peers/peer.ts';
import { fileOf, isFile, MODEL_VARIABLE, SERVER_VARIABLE } from '../peers/variables.ts';
import { rounded } from '../statistics.ts';

/** Sizes of the measurement; `tiny` tries the part on a CPU. */
const SIZES = {
  full: { words: 6000, tokens: 512 },
  tiny: { words: 200, tokens: 64 },
} as const;

const loadedSchema = z.object({ models: z.array(z.looseObject({ device: z.string() })) });

/**
 * Measures both models with all layers on a GPU: Portico's decode, prefill and four streams, divided by those of
 * llama-server, and a state that is saved and restored. `PORTICO_BENCH_TINY=1` selects short prompts.
 */
export const gpu: Part = {
  title: 'gpu',
  canRun: () => isFile(SERVER_VARIABLE) && process.env['PORTICO_BENCH_GPU'] !== undefined,
  async run(): Promise<Section> {
    const folder = await mkdtemp(path.join(tmpdir(), 'portico-gpu-'));
    const words = path.join(folder, 'words.gguf');
    const results: Record<string, unknown> = {};
    const bars: Bar[] = [];
    try {
      writeWordModel(words, MEDIUM);
      const models = { "the bench's model": words, given: fileOf(MODEL_VARIABLE, 'a GGUF file') };
      for (const [name, file] of Object.entries(models)) {
        const { device, ...figures } = await measureModel(file);
        results[name] = { device, ...figures };
        for (const [figure, value] of Object.entries(figures)) {
          bars.push({ name: `${name} on ${device}: ${figure}`, value, unit: '' });
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    process.stdout.write(`${JSON.stringify(results)}\n`);
    return { results, bars };
  },
};

async function measureModel(file: string) {
  const size = SIZES[process.env['PORTICO_BENCH_TINY'] === undefined ? 'full' : 'tiny'];
  const portico = porticoPeer(file, { gpu_layers: 'max' });
  const peer = llamaServerPeer(fileOf(SERVER_VARIABLE, 'llama-server'), file);
  const ours = await ratesOf(portico, size);
  const theirs = await ratesOf(peer, size);
  return {
    device: await deviceOf(portico),
    decode: rounded(ours.decode / theirs.decode),
    prefill: rounded(ours.prefill / theirs.prefill),
    fourStreams: rounded((await fourStreams(portico, 0)) / (await fourStreams(peer, 0))),
    restored: rounded(await restoredShare(portico, size.words)),
  };
}

/** Tokens per second of a prompt, and of the answer to it. */
async function ratesOf(peer: Peer, { words, tokens }: { words: number; tokens: number }) {
  return withServer(peer, 1, async ({ url }) => {
    const cold = await ask(url, { max_tokens: 1, messages: said(text(words, 1)) });
    const answer = await ask(url, { max_tokens: tokens, messages: said('Write a long story.') });
    const [first = 0, last = Infinity] = [answer.deltas[0], answer.deltas.at(-1)];
    return {
      prefill: (cold.promptTokens / firstDeltaMs(cold)) * 1000,
      decode: ((answer.outputTokens - 1) / (last - first)) * 1000,
    };
  });
}

async function deviceOf(portico: Peer): Promise<string> {
  return withServer(portico, 1, async ({ url }) => {
    const response = await fetch(`${url}/portico/models`);
    return loadedSchema.parse(await response.json()).models[0]?.device ?? 'none';
  });
}

/** Share of a prompt that is read back from a file after the model was unloaded. */
async function restoredShare(portico: Peer, words: number): Promise<number> {
  return withServer(portico, 1, async ({ url }) => {
    const body = { max_tokens: 1, messages: said(text(words, 2)) };
    await ask(url, body);
    await fetch(`${url}/portico/models/${PEER_MODEL}/stop`, { method: 'POST' });
    const again = await ask(url, body);
    return again.cachedTokens / again.promptTokens;
  });
}
