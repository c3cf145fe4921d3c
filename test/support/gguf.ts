import { writeFileSync } from 'node:fs';

const TEXT = 8;
const LIST = 9;
const UINT32 = 4;
const FLOAT32 = 6;

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

export const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
};

function written(value: string | number | readonly string[]): readonly Buffer[] {
  if (typeof value === 'string') return [uint32(TEXT), text(value)];
  if (typeof value === 'number') return [uint32(UINT32), uint32(value)];
  return [uint32(LIST), uint32(TEXT), uint64(value.length), ...value.map((one) => text(one))];
}

/** Bytes of a GGUF that has nothing but a header, with a vocabulary of four tokens. */
export function ggufHeader(metadata: Readonly<Record<string, string | number>>): Buffer {
  const values = { 'tokenizer.ggml.tokens': ['<s>', '</s>', 'a', 'b'], ...metadata };
  const entries = Object.entries(values);
  const scores = [text('tokenizer.ggml.scores'), uint32(LIST), uint32(FLOAT32), uint64(4)];
  return Buffer.concat([
    Buffer.from('GGUF'),
    uint32(3),
    uint64(0),
    uint64(entries.length + 1),
    ...scores,
    Buffer.alloc(16),
    ...entries.flatMap(([key, value]) => [text(key), ...written(value)]),
  ]);
}

/** Writes the header of a model that was trained on so many tokens, with a chat template if it is given. */
export function writeModelHeader(file: string, trained: number, template?: string): void {
  writeFileSync(
    file,
    ggufHeader({
      'general.architecture': 'llama',
      'llama.context_length': trained,
      ...(template !== undefined && { 'tokenizer.chat_template': template }),
    }),
  );
}

/** A template of a few words. */
export const SHORT_TEMPLATE =
  '{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}';
