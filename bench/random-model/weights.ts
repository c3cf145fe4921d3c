import { Q8_BLOCK, tensorBytes } from './gguf.ts';
import type { GgufTensor } from './gguf.ts';

/** Kind of a tensor's initial values. */
export type Weight = 'random' | 'ones' | 'negative';

/** Standard deviation of a uniform distribution from -128 to 127. */
const BYTE_DEVIATION = 73.9;

/** Description of a tensor of random weights. */
export interface RandomTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly weight: Weight;
  /** Writes a matrix in 8 bits per value, if its rows allow it. */
  readonly quantized: boolean;
  /** Seed of the weights. */
  readonly seed: number;
}

/** Makes a tensor whose weights keep the size of values from layer to layer. */
export function randomTensor(options: RandomTensor): GgufTensor {
  const { name, shape, weight, seed } = options;
  const [rows = 1] = shape;
  const fits = shape.length > 1 && rows % Q8_BLOCK.values === 0 && weight === 'random';
  const isQuantized = options.quantized && fits;
  const type = isQuantized ? 'q8_0' : 'f32';
  const deviation = 1 / Math.sqrt(rows);
  const bytes = tensorBytes({ shape, type });
  const data = () =>
    isQuantized ? quantized(bytes, deviation, seed) : plain(bytes / 4, weight, deviation, seed);
  return { name, shape, type, data };
}

function quantized(length: number, deviation: number, seed: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  const next = generator(seed);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(next(), at);
  const scale = float16(deviation / BYTE_DEVIATION);
  for (let at = 0; at < length; at += Q8_BLOCK.bytes) bytes.writeUInt16LE(scale, at);
  return bytes;
}

function plain(length: number, weight: Weight, deviation: number, seed: number): Uint8Array {
  const next = generator(seed);
  const spread = deviation * Math.sqrt(12);
  const values = Float32Array.from({ length }, () => {
    const random = next() / 2 ** 32;
    if (weight === 'ones') return 1;
    return weight === 'negative' ? -1 - random : (random - 0.5) * spread;
  });
  return new Uint8Array(values.buffer);
}

/**
 * Sets all other rows to zero. As rows of the output they have logits of zero, and some of hundreds of
 * random logits are always far higher.
 */
export function onlyRows(tensor: GgufTensor, kept: ReadonlySet<number>): GgufTensor {
  const [, rows = 1] = tensor.shape;
  const rowBytes = tensorBytes(tensor) / rows;
  return {
    ...tensor,
    data() {
      const bytes = tensor.data();
      for (let row = 0; row < rows; row += 1) {
        if (!kept.has(row)) bytes.fill(0, row * rowBytes, (row + 1) * rowBytes);
      }
      return bytes;
    },
  };
}

/** Uniformly distributed numbers of 32 bits. Source: Marsaglia's xorshift32. */
export function generator(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Encodes a small positive number as an IEEE half. A number below the normal range becomes 2^-14. */
function float16(value: number): number {
  const exponent = Math.max(Math.floor(Math.log2(value)), -14);
  const mantissa = Math.round((Math.max(value, 2 ** -14) / 2 ** exponent - 1) * 1024);
  return ((exponent + 15) << 10) + mantissa;
}
