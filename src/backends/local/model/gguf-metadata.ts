import { GgufBytes } from './gguf-bytes.ts';
import { weightsEnd } from './gguf-weights.ts';

/** Single values of a GGUF's metadata; lists, such as the vocabulary, are left out. */
export type GgufMetadata = ReadonlyMap<string, string | number>;

/** More than any header has: what claims more is no GGUF, or takes minutes and gigabytes to be read. */
const MOST_VALUES = 100_000;
const MOST_TENSORS = 100_000;

const MAGIC = 'GGUF';

/**
 * Reads the metadata of a GGUF file. The library's own reader makes an object of each token, which takes
 * it a hundred times as long. Throws if the file is no GGUF, ends too soon, or has more than any header has:
 * a sparse file of terabytes has room for every count that it claims.
 *
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function readGgufMetadata(file: string): GgufMetadata {
  return readHeader(file, (bytes) => readMetadata(bytes).metadata);
}

/** Reads the same of a file with all its weights. Throws if it is cut off too. */
export function readWholeGguf(file: string): GgufMetadata {
  return readHeader(file, (bytes) => {
    const { metadata, tensors } = readMetadata(bytes);
    const alignment = metadata.get('general.alignment');
    const end = weightsEnd(bytes, tensors, typeof alignment === 'number' ? alignment : undefined);
    if (bytes.size >= end) return metadata;
    throw new Error(`it is cut off: it has ${bytes.size} bytes of ${end}`);
  });
}

function readHeader<T>(file: string, read: (bytes: GgufBytes) => T): T {
  const bytes = new GgufBytes(file);
  try {
    return read(bytes);
  } finally {
    bytes.close();
  }
}

function readMetadata(bytes: GgufBytes) {
  if (bytes.take(4).toString('latin1') !== MAGIC) throw new Error('it does not begin with GGUF');
  const version = bytes.number(4);
  if (version !== 2 && version !== 3) throw new Error(`its version is ${version}`);
  const tensors = bytes.count(MOST_TENSORS);
  const metadata = new Map<string, string | number>();
  for (let left = bytes.count(MOST_VALUES); left > 0; left -= 1) {
    const key = bytes.text();
    const value = bytes.value(bytes.number(4));
    if (value !== undefined) metadata.set(key, value);
  }
  return { metadata, tensors };
}
