import { GgufBytes } from './gguf-bytes.ts';
import { weightsEnd } from './gguf-weights.ts';

/** Metadata of a GGUF file, without lists such as the vocabulary. */
export type GgufMetadata = ReadonlyMap<string, string | number>;

/** Limits above any real header. A file that declares more is not a GGUF, or takes minutes and gigabytes to read. */
const MOST_VALUES = 100_000;
const MOST_TENSORS = 100_000;

const MAGIC = 'GGUF';

/**
 * Reads the metadata of a GGUF file. The library's own reader takes a hundred times as long, because it makes an
 * object of each token. Throws if the file is not a GGUF, ends too soon, or exceeds a limit: a sparse file of
 * terabytes would be large enough for any declared count.
 *
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function readGgufMetadata(file: string): GgufMetadata {
  return readHeader(file, (bytes) => readMetadata(bytes).metadata);
}

/** Reads the metadata of a file with its weights. Also throws if the weights are cut off. */
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
