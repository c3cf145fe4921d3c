/** Value of a GGUF file's metadata. */
export type GgufValue =
  | { readonly type: 'u32'; readonly value: number }
  | { readonly type: 'f32'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'u32-list'; readonly value: readonly number[] };

/** Tensor with rows of length `shape[0]`. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: 'f32' | 'q8_0';
  /** Makes its values in that type. They are written at once, so that a large model need not fit in memory. */
  readonly data: () => Uint8Array;
}

const VERSION = 3;
const VALUE_TYPE = { u32: 4, f32: 6, string: 8, list: 9 } as const;
const TENSOR_TYPE = { f32: 0, q8_0: 8 } as const;
/** Every tensor begins at a multiple of this number of bytes. */
const ALIGNMENT = 32;

/** Values and bytes of a `q8_0` block: a scale of 16 bits, and 8 bits per value. */
export const Q8_BLOCK = { values: 32, bytes: 34 } as const;

/** Bytes of a tensor's data. */
export function tensorBytes({ shape, type }: Pick<GgufTensor, 'shape' | 'type'>): number {
  const values = shape.reduce((product, length) => product * length, 1);
  return type === 'f32' ? values * 4 : (values / Q8_BLOCK.values) * Q8_BLOCK.bytes;
}

/** Bytes of an entry that is copied unchanged from another file, including its key. */
export type RawEntry = Uint8Array;

/**
 * Generates a GGUF file in pieces.
 *
 * @param raw entries of another file
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function* encodeGguf(
  metadata: Readonly<Record<string, GgufValue>>,
  raw: readonly RawEntry[],
  tensors: readonly GgufTensor[],
): Generator<Uint8Array> {
  const entries = Object.entries(metadata).map(([key, value]) => encodeEntry(key, value));
  const head = [Buffer.from('GGUF'), uint32(VERSION), uint64(tensors.length)];
  let offset = 0;
  const infos = tensors.map((tensor) => {
    const info = encodeTensorInfo(tensor, offset);
    offset += padded(tensorBytes(tensor));
    return info;
  });
  const all = [...head, uint64(entries.length + raw.length), ...entries, ...raw, ...infos];
  yield pad(Buffer.concat(all));
  for (const { data } of tensors) yield pad(data());
}

function encodeEntry(key: string, value: GgufValue): Buffer {
  return Buffer.concat([text(key), encodeValue(value)]);
}

function encodeValue(value: GgufValue): Buffer {
  switch (value.type) {
    case 'u32':
      return Buffer.concat([uint32(VALUE_TYPE.u32), uint32(value.value)]);
    case 'f32':
      return Buffer.concat([
        uint32(VALUE_TYPE.f32),
        Buffer.from(Float32Array.of(value.value).buffer),
      ]);
    case 'string':
      return Buffer.concat([uint32(VALUE_TYPE.string), text(value.value)]);
    case 'u32-list': {
      const items = value.value.map((item) => uint32(item));
      const head = [uint32(VALUE_TYPE.list), uint32(VALUE_TYPE.u32), uint64(items.length)];
      return Buffer.concat([...head, ...items]);
    }
    default:
      return value satisfies never;
  }
}

function encodeTensorInfo({ name, shape, type }: GgufTensor, offset: number): Buffer {
  const dimensions = [uint32(shape.length), ...shape.map((length) => uint64(length))];
  return Buffer.concat([text(name), ...dimensions, uint32(TENSOR_TYPE[type]), uint64(offset)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function pad(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes], padded(bytes.length));
}
