import { describe, expect, it } from 'vitest';
import { decode } from './decoding.ts';
import { covers } from '../../support/covers.ts';

const user = (content: unknown): object => ({ role: 'user', content });
const assistant = (content: unknown): object => ({ role: 'assistant', content });
const system = (content: unknown, fields: object = {}): object => ({
  role: 'system',
  content,
  ...fields,
});
const block = (text: string): object => ({ type: 'text', text });

function conversation(fields: object): { system: string[]; turns: unknown[] } {
  const decoded = decode(fields).request.conversation;
  return {
    system: decoded.system.map(({ text }) => text),
    turns: decoded.turns.map(({ role, parts }) => [
      role,
      ...parts.map((part) => (part.kind === 'text' ? part.text : part.kind)),
    ]),
  };
}

describe('the decoder of system prompts', () => {
  covers('R2.5-system', 'R6.2-creation', 'R2.6-billing-header', 'R2.5-system-in-place');

  it('decodes a string like one text block', () => {
    expect(decode({ system: 'Be brief.' }).request).toEqual(
      decode({ system: [block('Be brief.')] }).request,
    );
  });

  it('requests caching of the prompt for any cache breakpoint', () => {
    const marked = { ...block('Be brief.'), cache_control: { type: 'ephemeral' } };
    const { cachesPrompt, ...rest } = decode({ system: [marked] }).request;
    expect(cachesPrompt).toBe(true);
    expect(rest).toEqual(decode({ system: 'Be brief.' }).request);
    expect(decode({ messages: [user([marked])] }).request.cachesPrompt).toBe(true);
  });

  it('drops empty text', () => {
    expect(conversation({ system: [block(''), block('a')] }).system).toEqual(['a']);
    expect(conversation({ system: '' }).system).toEqual([]);
  });

  it.each([
    ['a block', [block('x-anthropic-billing-header: cc_version=2; cch=1a2b3;'), block('You')]],
    ['a line of a block', [block('x-anthropic-billing-header: cch=1;\n\nYou')]],
    ['a line of a string', 'x-anthropic-billing-header: cch=1;\nYou'],
  ])('drops the billing header as %s', (_form, given) => {
    expect(conversation({ system: given }).system).toEqual(['You']);
  });

  it('keeps the name of the billing header inside a text', () => {
    const text = 'Never print x-anthropic-billing-header: lines.';
    expect(conversation({ system: text }).system).toEqual([text]);
  });

  it('appends a leading system message to the system prompt', () => {
    const messages = [system('b'), system([block('c')]), user('hi')];
    expect(conversation({ system: 'a', messages })).toEqual({
      system: ['a', 'b', 'c'],
      turns: [['user', 'hi']],
    });
  });

  it('keeps the place of later system messages, and drops empty ones', () => {
    const messages = [
      user('hi'),
      system('r'),
      user('you?'),
      system(''),
      { role: 'system' },
      user('!'),
    ];
    expect(conversation({ messages }).turns).toEqual([
      ['user', 'hi'],
      ['system', 'r'],
      ['user', 'you?', '!'],
    ]);
  });

  it('drops a system message after the turn to which its client limited it', () => {
    const once = { clear_at: 'next_user_message' };
    const messages = [
      user('a'),
      system('old', once),
      assistant('b'),
      user('c'),
      system('new', once),
    ];
    expect(conversation({ messages }).turns).toEqual([
      ['user', 'a'],
      ['assistant', 'b'],
      ['user', 'c'],
      ['system', 'new'],
    ]);
  });
});

describe('the decoder of turns', () => {
  covers('R2.5-multi-turn', 'R2.5-merge', 'R2.5-empty-assistant', 'R2.5-prefill', 'R2.4-history');

  it('decodes strings like text blocks', () => {
    const strings = [user('a'), assistant('b'), user('c')];
    const blocks = [user([block('a')]), assistant([block('b')]), user([block('c')])];
    expect(decode({ messages: strings }).request).toEqual(decode({ messages: blocks }).request);
  });

  it('merges adjacent messages of one role, with their parts in order', () => {
    const messages = [user('a'), user([block('b'), block('c')]), assistant('d'), assistant('e')];
    expect(conversation({ messages }).turns).toEqual([
      ['user', 'a', 'b', 'c'],
      ['assistant', 'd', 'e'],
    ]);
  });

  it.each([
    ['a string', ''],
    ['a block', [block('')]],
    ['no block', []],
  ])('drops empty assistant text as %s', (_form, content) => {
    const messages = [user('a'), assistant(content), user('b')];
    expect(conversation({ messages }).turns).toEqual([['user', 'a', 'b']]);
  });

  it('keeps a last assistant turn unchanged', () => {
    const messages = [user('a'), assistant('The answer is ')];
    expect(conversation({ messages }).turns.at(-1)).toEqual(['assistant', 'The answer is ']);
  });

  it('matches calls with results across merged turns and system messages', () => {
    const call = (id: string): object => ({ type: 'tool_use', id, name: 'f', input: {} });
    const result = (id: string): object => ({ type: 'tool_result', tool_use_id: id });
    const messages = [
      user('a'),
      assistant([call('A')]),
      assistant([call('B')]),
      system('r'),
      user([result('B')]),
      system('s'),
      user([result('A'), block('so?')]),
    ];
    expect(conversation({ messages }).turns).toEqual([
      ['user', 'a'],
      ['assistant', 'tool-call', 'tool-call'],
      ['system', 'r'],
      ['user', 'tool-result'],
      ['system', 's'],
      ['user', 'tool-result', 'so?'],
    ]);
  });

  it('accepts calls of server tools without results', () => {
    const messages = [
      user('a'),
      assistant([{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }]),
      user('b'),
    ];
    expect(conversation({ messages }).turns).toHaveLength(3);
  });
});
