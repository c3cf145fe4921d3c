import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LlamaContext, LlamaModel } from 'node-llama-cpp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Scheduler } from '../../../../../src/backends/local/runners/llama-cpp/scheduler.ts';
import { copyState } from '../../../../../src/backends/local/runners/llama-cpp/sequence-state.ts';
import { Slot } from '../../../../../src/backends/local/runners/llama-cpp/slot.ts';
import { startLlama } from '../../../../../src/backends/local/model/native-llama.ts';
import type { NativeLlama } from '../../../../../src/backends/local/model/native-llama.ts';
import { MINI } from '../../../../support/requests.ts';
import { NATIVE_CONTEXT } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

let native: NativeLlama;
let model: LlamaModel;
let context: LlamaContext;
let folder = '';
beforeAll(async () => {
  native = await startLlama();
  model = await native.loadModel({ modelPath: MINI.file ?? '' });
  folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
});
afterAll(async () => {
  await native.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  context = await model.createContext({ contextSize: 1024, sequences: 2, ...NATIVE_CONTEXT });
});
afterEach(() => context.dispose());

const promptOf = (text: string) => model.tokenize(text, true);
const never = new AbortController().signal;

/** The first tokens that follow a prompt, and how much of it had to be evaluated. */
async function answer(slot: Slot, text: string) {
  const prompt = promptOf(text);
  const evaluated = prompt.length - (await slot.reuse(prompt));
  const steps = slot.prefill(prompt, never);
  while ((await steps.next()).done !== true);
  const tokens = [];
  const last = prompt.slice(-1)[0] ?? prompt[0];
  if (last === undefined) throw new Error('The prompt is empty.');
  for await (const token of slot.decode(last, { temperature: 0 }, () => undefined)) {
    if (tokens.push(token) === 8) break;
  }
  return { evaluated, tokens };
}

const STORY = '<|im_start|>user\nThe stream is calm, the night is long. Tell me more.';

describe('the state of a sequence', () => {
  covers('R6.2-fork');

  it.each(['in memory', 'by a file'])('is copied %s', async (how) => {
    const [from, to] = [context.getSequence(), context.getSequence()];
    const tokens = promptOf(STORY);
    await from.evaluateWithoutGeneratingNewTokens(tokens);
    // Another version of the library may not have the internal member.
    const hidden = { value: undefined };
    if (how === 'by a file') Object.defineProperty(to, '_copyStateFromOtherSequence', hidden);
    expect(await copyState(from, to, 10, folder)).toBe(true);
    expect(to.contextTokens).toEqual(tokens.slice(0, 10));
    expect(from.contextTokens).toEqual(tokens);
    expect(await readdir(folder)).toEqual([]);
    if (how === 'by a file') expect(await copyState(from, to, 10, undefined)).toBe(false);
  });
});

describe('a slot', () => {
  covers('R6.2-failing');

  it('is empty after a renewal, and answers as before', async () => {
    const slot = new Slot(context, new Scheduler());
    const first = await answer(slot, STORY);
    await slot.renew();
    expect(slot.length).toBe(0);
    const again = await answer(slot, STORY);
    expect(again).toEqual(first);
    expect((await answer(slot, STORY)).evaluated).toBe(1);
  });

  it('is empty after a file failed to load, and answers as before', async () => {
    const slot = new Slot(context, new Scheduler());
    const first = await answer(slot, STORY);
    await expect(slot.load(path.join(folder, 'missing'))).rejects.toThrow();
    expect(slot.length).toBe(0);
    expect(await answer(slot, STORY)).toEqual(first);
  });
});
