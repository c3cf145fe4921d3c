import type { LlamaModel, Token } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, vocabularyOf } from '../../../../src/backends/local/model/token-bytes.ts';
import { TokenText } from '../../../../src/backends/local/model/vocabulary.ts';
import { sharedLlama } from '../../../support/native-llama.ts';
import { GEMMA3_BASE, isModelMissing, SMOLLM2 } from '../../../support/real-models.ts';
import { MINI } from '../../../support/requests.ts';

const native = await sharedLlama();

const TEXT = 'a\uFFFD \uFFFD\uFFFD你好\uFFFD😀\n\uFFFD';

describe.each([
  { name: 'mini', file: MINI.file, missing: false },
  { ...SMOLLM2, missing: isModelMissing(SMOLLM2) },
  { ...GEMMA3_BASE, missing: isModelMissing(GEMMA3_BASE) },
])('texts of tokens of $name', ({ file, missing }) => {
  let model: LlamaModel;
  beforeAll(async () => {
    if (!missing) model = await native.loadModel({ modelPath: file ?? '', vocabOnly: true });
  });
  afterAll(async () => {
    if (!missing) await model.dispose();
  });

  const written = (tokens: readonly Token[]): string => {
    const text = new TokenText(model, []);
    return tokens.map((token) => text.push([token])).join('') + text.flush();
  };

  /** The tokens of single bytes, as a grammar may make a model spell what it has one token for. */
  const spelled = (bytes: Iterable<number>): Token[] => {
    const vocabulary = vocabularyOf(model);
    const single = new Map<number, Token>();
    for (const token of vocabulary.texts.keys()) {
      const [byte, ...more] = bytesOf(vocabulary, [token as Token]);
      if (byte !== undefined && more.length === 0) single.set(byte, token as Token);
    }
    return Array.from(bytes, (byte) => single.get(byte) as Token);
  };

  it.skipIf(missing)('keep each U+FFFD that the model wrote itself', () => {
    expect(written(model.tokenize(TEXT, false, 'trimLeadingSpace'))).toBe(TEXT);
    expect(written(spelled(Buffer.from(TEXT)))).toBe(TEXT);
  });

  it.skipIf(missing)('leave out bytes that are no character, and those of a cut one', () => {
    const broken = [0x61, 0x80, 0xef, 0xbf, 0xbd, 0xf0, 0x9f, 0x62, 0x80, 0xef, 0xbf];
    expect(written(spelled(broken))).toBe('a\uFFFDb');
  });
});
