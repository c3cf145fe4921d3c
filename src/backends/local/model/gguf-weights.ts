import type { GgufBytes } from './gguf-bytes.ts';

/**
 * Values and bytes of a block, by the number of the tensor's type.
 *
 * @see https://github.com/ggml-org/ggml/blob/master/src/ggml.c
 */
const BLOCKS: Readonly<Record<number, readonly [values: number, bytes: number]>> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  9: [32, 36],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  15: [256, 292],
  16: [256, 66],
  17: [256, 74],
  18: [256, 98],
  19: [256, 50],
  20: [32, 18],
  21: [256, 110],
  22: [256, 82],
  23: [256, 136],
  24: [1, 1],
  25: [1, 2],
  26: [1, 4],
  27: [1, 8],
  28: [1, 8],
  29: [256, 56],
  30: [1, 2],
  34: [256, 54],
  35: [256, 66],
  39: [32, 17],
};

/** Limit of dimensions. Tensors have up to four; the format allows more. */
const MOST_DIMENSIONS = 8;

const USUAL_ALIGNMENT = 32;

/**
 * Reads the tensors of a GGUF, which come after its metadata.
 *
 * @param alignment alignment in bytes from the metadata
 * @returns the smallest valid size of the file in bytes; tensors of an unknown type count as empty
 */
export function weightsEnd(
  bytes: GgufBytes,
  tensors: number,
  alignment: number = USUAL_ALIGNMENT,
): number {
  let end = 0;
  for (let left = tensors; left > 0; left -= 1) {
    bytes.text();
    const dimensions = bytes.number(4);
    if (dimensions > MOST_DIMENSIONS) throw new Error(`a tensor has ${dimensions} dimensions`);
    let values = 1;
    for (let dimension = 0; dimension < dimensions; dimension += 1) values *= bytes.number(8);
    const [blockValues, blockBytes] = BLOCKS[bytes.number(4)] ?? [1, 0];
    end = Math.max(end, bytes.number(8) + (values / blockValues) * blockBytes);
  }
  // Without weights, the header needs no padding.
  return end === 0 ? bytes.at : Math.ceil(bytes.at / alignment) * alignment + end;
}
