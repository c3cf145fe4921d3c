import { writeFileSync } from 'node:fs';

/** Types of tokens in a GGUF file. */
export const TOKEN = { normal: 1, unknown: 2, control: 3, userDefined: 4, byte: 6 } as const;

export type TinyToken = readonly [text: string, type: keyof typeof TOKEN, score: number];

const U32 = 4;
const I32 = 5;
const F32 = 6;
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;

/**
 * Writes a GGUF file with a SentencePiece vocabulary and nothing else, which is enough to tokenize. The
 * first tokens are `<unk>`, `<s>`, `</s>` and the 256 bytes.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function writeTinyVocabulary(
  file: string,
  template: string,
  own: readonly TinyToken[],
): void {
  const bytes = Array.from({ length: 256 }, (_, byte): TinyToken => {
    const code = byte.toString(16).toUpperCase().padStart(2, '0');
    return [`<0x${code}>`, 'byte', 0];
  });
  const tokens: readonly TinyToken[] = [
    ['<unk>', 'unknown', 0],
    ['<s>', 'control', 0],
    ['</s>', 'control', 0],
    ...bytes,
    ...own,
  ];
  const entries = [
    entry('general.architecture', STRING, text('llama')),
    entry('llama.context_length', U32, uint32(128)),
    entry('llama.embedding_length', U32, uint32(32)),
    entry('llama.block_count', U32, uint32(1)),
    entry('llama.feed_forward_length', U32, uint32(32)),
    entry('llama.attention.head_count', U32, uint32(1)),
    entry('llama.attention.layer_norm_rms_epsilon', F32, float32(1e-5)),
    entry('tokenizer.ggml.model', STRING, text('llama')),
    entry(
      'tokenizer.ggml.tokens',
      ARRAY,
      list(
        STRING,
        tokens.map(([word]) => text(word)),
      ),
    ),
    entry(
      'tokenizer.ggml.scores',
      ARRAY,
      list(
        F32,
        tokens.map(([, , score]) => float32(score)),
      ),
    ),
    entry(
      'tokenizer.ggml.token_type',
      ARRAY,
      list(
        I32,
        tokens.map(([, type]) => uint32(TOKEN[type])),
      ),
    ),
    entry('tokenizer.ggml.bos_token_id', U32, uint32(1)),
    entry('tokenizer.ggml.eos_token_id', U32, uint32(2)),
    entry('tokenizer.ggml.add_bos_token', BOOL, Buffer.from([1])),
    entry('tokenizer.chat_template', STRING, text(template)),
  ];
  const head = [Buffer.from('GGUF'), uint32(3), uint64(0), uint64(entries.length)];
  writeFileSync(file, Buffer.concat([...head, ...entries]));
}

function entry(key: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([text(key), uint32(type), value]);
}

function list(type: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([uint32(type), uint64(items.length), ...items]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function uint64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function float32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}
