import { closeSync, openSync, writeSync } from 'node:fs';
import { planModel } from './architectures.ts';
import type { Dimensions, ModelKind } from './architectures.ts';
import { encodeGguf } from './gguf.ts';
import type { GgufValue } from './gguf.ts';
import { readVocabulary } from './vocabulary.ts';
import { onlyRows, randomTensor } from './weights.ts';

export interface RandomModelOptions {
  readonly kind: ModelKind;
  readonly size: Dimensions;
  /** Writes matrices in 8 bits per value, as most users run models; otherwise without quantization. */
  readonly quantized: boolean;
  /** GGUF file whose tokenizer and chat template are copied. */
  readonly vocabulary: string;
  /** Tokens that the model can generate; default: all. */
  readonly says?: ReadonlySet<number>;
}

/** About 5 MB with a vocabulary of 2,048 tokens: enough for a state, but not for meaningful text. */
export const TINY: Dimensions = {
  layers: 6,
  embedding: 128,
  feedForward: 256,
  heads: 4,
  kvHeads: 2,
  headSize: 32,
  context: 8192,
};

/** Tensor whose rows are also those of the output. */
const EMBEDDING = 'token_embd.weight';

/** Writes a GGUF file with reproducible random weights. Returns the number of parameters. */
export function writeRandomModel(file: string, options: RandomModelOptions): number {
  const { kind, size } = options;
  const vocabulary = readVocabulary(options.vocabulary);
  const plan = planModel(kind, size, vocabulary.size);
  const metadata: Record<string, GgufValue> = {
    'general.architecture': { type: 'string', value: plan.architecture },
    'general.name': { type: 'string', value: `Random ${plan.architecture}` },
  };
  for (const [key, value] of Object.entries(plan.metadata)) {
    metadata[`${plan.architecture}.${key}`] = value;
  }
  const { quantized, says } = options;
  const tensors = plan.tensors.map((planned, seed) => {
    const tensor = randomTensor({ ...planned, quantized, seed });
    return planned.name === EMBEDDING && says !== undefined ? onlyRows(tensor, says) : tensor;
  });
  const target = openSync(file, 'w');
  try {
    for (const bytes of encodeGguf(metadata, vocabulary.entries, tensors)) writeSync(target, bytes);
  } finally {
    closeSync(target);
  }
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((product, one) => product * one), 0);
}
