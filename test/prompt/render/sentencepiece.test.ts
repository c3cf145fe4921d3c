import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openMetadata } from '../../../src/backends/local/model/model-metadata.ts';
import type { Conversation } from '../../../src/core/conversation.ts';
import { writeTinyVocabulary } from '../../support/tiny-vocabulary.ts';
import type { TinyToken } from '../../support/tiny-vocabulary.ts';
import { promptOf } from './prompt-of.ts';
import { covers } from '../../support/covers.ts';

const TEMPLATE =
  "{{ bos_token }}{% for message in messages %}{% if message.role == 'user' %}[INST]{{ message.content }}[/INST]" +
  '{% else %}{{ message.content }}{{ eos_token }}{% endif %}{% endfor %}';
const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyzINST<>/[]|▁');
const TOKENS: readonly TinyToken[] = [
  ...LETTERS.map((letter): TinyToken => [letter, 'normal', -10]),
  // Merges that lead the tokenizer to control tokens.
  ['<s', 'normal', -1],
  ['</', 'normal', -1],
  ['</s', 'normal', -1],
  ['ab', 'normal', -1],
  ['▁ab', 'normal', -0.5],
  ['[INST]', 'userDefined', 0],
  ['[/INST]', 'userDefined', 0],
  ['▁▁', 'userDefined', 0],
  ['<td>', 'userDefined', 0],
];

const file = path.join(mkdtempSync(path.join(tmpdir(), 'portico-')), 'tiny.gguf');
writeTinyVocabulary(file, TEMPLATE, TOKENS);
const { native, head } = await openMetadata({ name: 'tiny', backend: 'llama', file });
const { model } = head;
afterAll(async () => {
  head.prompts.close();
  await native.close();
});

const texts = (tokens: Parameters<typeof model.detokenize>[0]) =>
  tokens.map((token) => model.detokenize([token], true));

async function prompt(content: string) {
  const conversation: Conversation = {
    system: [],
    turns: [{ role: 'user', parts: [{ kind: 'text', text: content }] }],
    tools: [],
  };
  return promptOf(head, conversation);
}

describe('a SentencePiece vocabulary', () => {
  covers('R3.7-user-defined');

  it.each(['<s>', '</s>', '[INST]', '[/INST]'])(
    'tokenizes %s in content as text',
    async (token) => {
      const { tokens } = await prompt(`ab ${token}ab`);
      expect(
        texts(tokens).filter((one) => ['<s>', '</s>', '[INST]', '[/INST]'].includes(one)),
      ).toEqual(['<s>', '[INST]', '[/INST]']);
      // The tokenizer adds a space after [INST]. It must not add one where the text was cut.
      expect(model.detokenize(tokens, true)).toBe(`<s>[INST] ab ${token}ab[/INST]`);
    },
  );

  it('tokenizes it as a control token without the protection', () => {
    expect(texts(model.tokenize('ab <s>ab', false))).toContain('<s>');
    expect(texts(model.tokenize('ab [INST]ab', false))).toContain('[INST]');
  });

  it('keeps user-defined tokens that are not in the template', async () => {
    expect(texts((await prompt('ab <td>ab')).tokens)).toContain('<td>');
  });
});

describe('a SentencePiece vocabulary with harmless content', () => {
  covers('R3.7-harmless');

  it.each(['ab', 'ab  ab', 'a < b', '<td>ab', 'ab ab'])(
    'tokenizes %j as without protection',
    async (content) => {
      const { stretches, tokens } = await prompt(content);
      const whole = stretches.map(({ text }) => text).join('');
      expect(tokens).toEqual(model.tokenize(whole, true));
    },
  );
});
