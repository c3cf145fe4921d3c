import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findBreaks, textPieces } from '../../../../src/backends/local/model/text-pieces.ts';
import { Tokenizer } from '../../../../src/backends/local/model/tokenizer.ts';
import { sharedLlama } from '../../../support/native-llama.ts';
import { GEMMA3_BASE, isModelMissing, SMOLLM2 } from '../../../support/real-models.ts';
import { MINI } from '../../../support/requests.ts';
import { writeTinyVocabulary } from '../../../support/tiny-vocabulary.ts';
import type { TinyToken } from '../../../support/tiny-vocabulary.ts';
import { propertyRuns } from '../../../support/property-runs.ts';
import { covers } from '../../../support/covers.ts';

const tiny = path.join(mkdtempSync(path.join(tmpdir(), 'portico-')), 'tiny.gguf');
const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz▁\n.', (letter): TinyToken => [
  letter,
  'normal',
  -10,
]);
writeTinyVocabulary(tiny, '{{ messages[0].content }}', [
  ...LETTERS,
  ['ab', 'normal', -1],
  ['▁ab', 'normal', -0.5],
  ['▁▁', 'normal', -2],
  ['\n\n', 'normal', -2],
]);

const native = await sharedLlama();
const { signal } = new AbortController();

/** Words, white space, digits, signs and other scripts, as they follow each other in real prompts. */
const FRAGMENTS = [
  'ab ',
  'the ',
  'quick',
  ' brown',
  "it's ",
  'naïve\n',
  'Привет мир ',
  '模型在本地运行。',
  '\n\n',
  '   ',
  '\t',
  ' \n ',
  '12345',
  '3.14 ',
  'x=1;\n',
  '...',
  '?!\n',
  '🎉 ',
  'e\u0301 ',
  '\r\n',
  'a  b',
  '<b>',
  '    return x\n',
];
const texts = fc
  .array(fc.constantFrom(...FRAGMENTS), { minLength: 40, maxLength: 60 })
  .map((fragments) => fragments.join('').repeat(60));

describe.each([
  { name: 'the embedded model', file: MINI.file, missing: false },
  { name: 'a SentencePiece vocabulary', file: tiny, missing: false },
  { name: SMOLLM2.name, file: SMOLLM2.file, missing: isModelMissing(SMOLLM2) },
  { name: GEMMA3_BASE.name, file: GEMMA3_BASE.file, missing: isModelMissing(GEMMA3_BASE) },
])('a long text for $name', ({ file = '', missing }) => {
  covers('R12.2-pieces');

  it.skipIf(missing)('has the same tokens in pieces as in one go', async () => {
    const model = await native.loadModel({ modelPath: file, vocabOnly: true });
    const tokenizer = new Tokenizer(model);
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(text.length).toBeGreaterThan(2 * 4096);
        const tokens = await tokenizer.middle([{ text, control: false }], signal);
        expect(tokens).toEqual(model.tokenize(text, false));
        expect(tokens.length).toBeGreaterThanOrEqual(tokenizer.least([{ text, control: false }]));
        expect(await tokenizer.count(text, signal)).toBe(model.tokenize(text, true).length);
      }),
      {
        numRuns: propertyRuns(6),
        seed: 12,
        endOnFailure: true,
      },
    );
    await model.dispose();
  });
});

describe('the pieces of a text', () => {
  covers('R12.2-pieces');

  const breaks = findBreaks(['a', 'Ġb', 'c']);

  it('end between a letter and white space', () => {
    const pieces = [...textPieces('word and more\n'.repeat(3000), breaks)];
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.slice(0, -1).filter((piece) => !/[a-z]$/.test(piece))).toEqual([]);
    expect(pieces.slice(1).filter((piece) => !/^[ \n]/.test(piece))).toEqual([]);
  });

  it('are bounded if there is no such place, and never split a character', () => {
    const text = '🎉'.repeat(50_000);
    const pieces = [...textPieces(text, breaks)];
    expect(pieces.join('')).toBe(text);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(16_384);
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
  });

  it('do not end where a token of the vocabulary reaches across', () => {
    expect(findBreaks(['eĠa'])?.source).not.toContain(' ');
    expect(findBreaks(['e▁a', 'e\n'])).toBeUndefined();
  });
});

describe('tokenizing a long text', () => {
  covers('R12.2-yield');

  it('yields to other work, and stops at its signal', async () => {
    const model = await native.loadModel({ modelPath: MINI.file ?? '', vocabOnly: true });
    const tokenizer = new Tokenizer(model);
    const client = new AbortController();
    const counting = tokenizer.count(' '.repeat(30_000_000), client.signal);
    // In one go it would end before its client can leave.
    setTimeout(() => client.abort(), 300);
    await expect(counting).rejects.toMatchObject({ code: 'cancelled' });
    await model.dispose();
  });
});
