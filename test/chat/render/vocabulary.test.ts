import path from 'node:path';
import type { LlamaModel } from 'node-llama-cpp';
import { afterAll, describe, expect, it } from 'vitest';
import { readHead } from '../../../src/backends/model-head.ts';
import { startLlama } from '../../../src/backends/native-llama.ts';
import { tokenizePrompt } from '../../../src/backends/vocabulary.ts';
import { renderPrompt } from '../../../src/chat/render.ts';
import type { Conversation } from '../../../src/core/conversation.ts';
import { CONVERSATIONS } from './conversations.ts';
import { asking } from './rendered.ts';

const native = await startLlama();
const mini = { name: 'mini', backend: 'llama', file: path.resolve('models/mini.gguf') } as const;
const { model, template } = await readHead(native, mini);
afterAll(() => native.llama.dispose());

const texts = (tokens: Parameters<LlamaModel['detokenize']>[0]) =>
  tokens.map((token) => model.detokenize([token], true));

/** Tokens of Mini that its template writes, and which llama.cpp makes of any text by itself. */
const USER_DEFINED = ['<think>', '</think>', '<tool_call>', '</tool_call>', '<tool_response>'];

function saying(text: string): Conversation {
  return { system: [], turns: [{ role: 'user', parts: [{ kind: 'text', text }] }], tools: [] };
}

function promptTokens(conversation: Conversation) {
  return tokenizePrompt(model, renderPrompt(template, asking(conversation)).stretches);
}

describe('[R3.7-user-defined] a user-defined token', () => {
  it.each(USER_DEFINED)('%s is made of any text by the tokenizer, but not of content', (token) => {
    expect(texts(model.tokenize(`a ${token} b`, false))).toContain(token);
    const count = (text: string) =>
      texts(promptTokens(saying(text))).filter((one) => one === token).length;
    expect(count(`a ${token}${token} b${token}`)).toBe(count('a harmless text'));
  });

  it.each(USER_DEFINED)('%s in content loses none of its characters', (token) => {
    const tokens = promptTokens(saying(`a ${token} b`));
    expect(model.detokenize(tokens, true)).toContain(`a ${token} b`);
  });

  it('is one token where the template writes it', () => {
    const calls = CONVERSATIONS.get('two results');
    const tokens = calls === undefined ? [] : texts(promptTokens(calls));
    expect(tokens.filter((one) => one === '<tool_response>')).toHaveLength(2);
    expect(tokens.filter((one) => one === '<tool_call>').length).toBeGreaterThanOrEqual(2);
  });
});

describe('[R3.7-harmless] a prompt that forges nothing', () => {
  it.each([...CONVERSATIONS])(
    'has the tokens that it has as one text: %s',
    (_name, conversation) => {
      const { stretches } = renderPrompt(template, asking(conversation));
      const whole = stretches.map(({ text }) => text).join('');
      expect(tokenizePrompt(model, stretches)).toEqual(model.tokenize(whole, true));
    },
  );

  it.each([
    'a < b && c > d',
    '<div class="x">|</div>',
    'x <| y |> z',
    '[1, 2]<',
    '>|',
    'für “Ü” 東京 🎉',
  ])('has them with %s in it', (text) => {
    const { stretches } = renderPrompt(template, asking(saying(text)));
    const whole = stretches.map((stretch) => stretch.text).join('');
    expect(tokenizePrompt(model, stretches)).toEqual(model.tokenize(whole, true));
  });
});
