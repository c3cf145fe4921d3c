import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MEDIUM, writeWordModel } from '../../bench/engine/model.ts';
import type { WordModel } from '../../bench/engine/model.ts';
import { prose } from '../../bench/engine/words.ts';
import { planModel } from '../../bench/random-model/architectures.ts';
import { TINY } from '../../bench/random-model/write.ts';
import { startLlama } from '../../src/backends/local/model/native-llama.ts';
import { NATIVE_CONTEXT } from '../support/engine-variant.ts';
import { covers } from '../support/covers.ts';

const VOCABULARY_SIZE = 2048;
const ANSWER_TOKENS = 200;

describe('the model of the bench', () => {
  covers('R6.8-model');

  let folder = '';
  let written: WordModel;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'portico-word-model-'));
    written = writeWordModel(path.join(folder, 'words.gguf'), TINY);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('generates a word with every token, and never ends', async () => {
    const native = await startLlama();
    const model = await native.loadModel({ modelPath: written.file });
    const context = await model.createContext({ contextSize: 512, ...NATIVE_CONTEXT });
    const prompt = model.tokenize('Say something.');
    const said: string[] = [];
    for await (const token of context
      .getSequence()
      .evaluate(prompt, { temperature: 1, topK: 40 })) {
      said.push(model.detokenize([token]));
      if (said.length >= ANSWER_TOKENS) break;
    }
    expect(said).toHaveLength(ANSWER_TOKENS);
    expect(said.filter((text) => !written.words.includes(text.trim()))).toEqual([]);
    expect(new Set(said).size).toBeGreaterThan(10);
    await native.close();
  });

  it('has 80 million parameters in the size of the bench', () => {
    const { tensors } = planModel('llama', MEDIUM, VOCABULARY_SIZE);
    const parameters = tensors.map(({ shape }) => shape.reduce((one, other) => one * other, 1));
    const millions = parameters.reduce((one, other) => one + other, 0) / 1e6;
    expect(millions).toBeCloseTo(80, 0);
  });

  it('gets different words with every seed, and the same ones again', () => {
    const text = prose(written.words, 50, 1);
    expect(text.split(' ')).toHaveLength(50);
    expect(prose(written.words, 50, 1)).toBe(text);
    expect(prose(written.words, 50, 2)).not.toBe(text);
  });
});
