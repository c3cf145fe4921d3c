import { uint32, uint64 } from '../../../../support/gguf.ts';

const TEXT = 8;
const FLOAT32 = 6;
/** Width of the embedded model, and rank of the adapter. */
const [WIDTH, RANK] = [256, 1];

const text = (value: string): Buffer =>
  Buffer.concat([uint64(Buffer.byteLength(value)), Buffer.from(value)]);
const texts = (key: string, value: string): Buffer =>
  Buffer.concat([text(key), uint32(TEXT), text(value)]);

/** Bytes of a LoRA adapter of the embedded model that changes nothing: its weights are zero. */
export function emptyAdapter(): Buffer {
  const size = WIDTH * RANK * 4;
  const tensor = (part: string, shape: readonly number[], offset: number): Buffer =>
    Buffer.concat([
      text(`blk.0.attn_q.weight.lora_${part}`),
      uint32(shape.length),
      ...shape.map(uint64),
      uint32(0),
      uint64(offset),
    ]);
  const alpha = Buffer.alloc(4);
  alpha.writeFloatLE(1);
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(3),
    uint64(2),
    uint64(4),
    texts('general.architecture', 'llama'),
    texts('general.type', 'adapter'),
    texts('adapter.type', 'lora'),
    Buffer.concat([text('adapter.lora.alpha'), uint32(FLOAT32), alpha]),
    tensor('a', [WIDTH, RANK], 0),
    tensor('b', [RANK, WIDTH], size),
  ]);
  const padding = Buffer.alloc((32 - (header.length % 32)) % 32);
  return Buffer.concat([header, padding, Buffer.alloc(2 * size)]);
}
