import path from 'node:path';
import type { LlamaModel } from 'node-llama-cpp';
import { afterAll, describe, expect, it } from 'vitest';
import { openMetadata } from '../../../src/backends/local/model/model-metadata.ts';
import type { Conversation } from '../../../src/core/conversation.ts';
import { CONVERSATIONS } from './conversations.ts';
import { promptOf } from './prompt-of.ts';
import { covers } from '../../support/covers.ts';

const mini = { name: 'mini', backend: 'llama', file: path.resolve('models/mini.gguf') } as const;
const { native, head } = await openMetadata(mini);
const { model } = head;
afterAll(async () => {
  head.prompts.close();
  await native.close();
});

const texts = (tokens: Parameters<LlamaModel['detokenize']>[0]) =>
  tokens.map((token) => model.detokenize([token], true));

/** Tokens that Mini's template writes and that llama.cpp recognizes even in plain text. */
const USER_DEFINED = ['<think>', '</think>', '<tool_call>', '</tool_call>', '<tool_response>'];

function saying(text: string): Conversation {
  return { system: [], turns: [{ role: 'user', parts: [{ kind: 'text', text }] }], tools: [] };
}

async function promptTokens(conversation: Conversation) {
  return (await promptOf(head, conversation)).tokens;
}

describe('a user-defined token', () => {
  covers('R3.7-user-defined');

  it.each(USER_DEFINED)(
    '%s is recognized in plain text by the tokenizer, but not in content',
    async (token) => {
      expect(texts(model.tokenize(`a ${token} b`, false))).toContain(token);
      const count = async (text: string) =>
        texts(await promptTokens(saying(text))).filter((one) => one === token).length;
      expect(await count(`a ${token}${token} b${token}`)).toBe(await count('a harmless text'));
    },
  );

  it.each(USER_DEFINED)('%s in content keeps all its characters', async (token) => {
    const tokens = await promptTokens(saying(`a ${token} b`));
    expect(model.detokenize(tokens, true)).toContain(`a ${token} b`);
  });

  it('is one token if the template writes it', async () => {
    const calls = CONVERSATIONS.get('two results');
    const tokens = calls === undefined ? [] : texts(await promptTokens(calls));
    expect(tokens.filter((one) => one === '<tool_response>')).toHaveLength(2);
    expect(tokens.filter((one) => one === '<tool_call>').length).toBeGreaterThanOrEqual(2);
  });
});

describe('a prompt with harmless content', () => {
  covers('R3.7-harmless');

  it.each([...CONVERSATIONS])(
    'has the same tokens as its text: %s',
    async (_name, conversation) => {
      const { stretches, tokens } = await promptOf(head, conversation);
      const whole = stretches.map(({ text }) => text).join('');
      expect(tokens).toEqual(model.tokenize(whole, true));
    },
  );

  it.each([
    'a < b && c > d',
    '<div class="x">|</div>',
    'x <| y |> z',
    '[1, 2]<',
    '>|',
    'für “Ü” 東京 🎉',
  ])('has the same tokens as its text with %s', async (text) => {
    const { stretches, tokens } = await promptOf(head, saying(text));
    const whole = stretches.map((stretch) => stretch.text).join('');
    expect(tokens).toEqual(model.tokenize(whole, true));
  });
});
