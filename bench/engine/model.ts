import { fileURLToPath } from 'node:url';
import type { Dimensions } from '../random-model/architectures.ts';
import { readVocabulary } from '../random-model/vocabulary.ts';
import { writeRandomModel } from '../random-model/write.ts';
import { wordsOf } from './words.ts';

/**
 * Size of 80 million parameters in few wide layers. Attention is then cheap compared with the matrices, as
 * in models a hundred times larger.
 */
export const MEDIUM: Dimensions = {
  layers: 6,
  embedding: 1024,
  feedForward: 3200,
  heads: 16,
  kvHeads: 8,
  headSize: 64,
  context: 8192,
};

/** Written model, and the words that it can generate. */
export interface WordModel {
  readonly file: string;
  readonly parameters: number;
  readonly words: readonly string[];
}

/**
 * Writes a model of random weights that generates only words. It never ends its turn and never calls a tool,
 * and each token is one delta. It has the tokenizer of the embedded model.
 */
export function writeWordModel(file: string, size: Dimensions): WordModel {
  const vocabulary = fileURLToPath(new URL('../../models/mini.gguf', import.meta.url));
  const words = wordsOf(readVocabulary(vocabulary));
  const says = new Set(words.keys());
  const options = { kind: 'llama', size, quantized: true, vocabulary, says } as const;
  const parameters = writeRandomModel(file, options);
  return { file, parameters, words: [...words.values()] };
}
