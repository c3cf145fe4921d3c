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

describe('system prompts', () => {
  covers('R2.5-system', 'R6.2-creation', 'R2.6-billing-header', 'R2.5-system-in-place');

  it('a string and one text block decode alike', () => {
    expect(decode({ system: 'Be brief.' }).request).toEqual(
      decode({ system: [block('Be brief.')] }).request,
    );
  });

  it('a breakpoint of the cache anywhere asks to keep the prompt', () => {
    const marked = { ...block('Be brief.'), cache_control: { type: 'ephemeral' } };
    const { cachesPrompt, ...rest } = decode({ system: [marked] }).request;
    expect(cachesPrompt).toBe(true);
    expect(rest).toEqual(decode({ system: 'Be brief.' }).request);
    expect(decode({ messages: [user([marked])] }).request.cachesPrompt).toBe(true);
  });

  it('empty text is dropped', () => {
    expect(conversation({ system: [block(''), block('a')] }).system).toEqual(['a']);
    expect(conversation({ system: '' }).system).toEqual([]);
  });

  it.each([
    ['a block', [block('x-anthropic-billing-header: cc_version=2; cch=1a2b3;'), block('You')]],
    ['a line of a block', [block('x-anthropic-billing-header: cch=1;\n\nYou')]],
    ['a line of a string', 'x-anthropic-billing-header: cch=1;\nYou'],
  ])('the billing header as %s is dropped', (_form, given) => {
    expect(conversation({ system: given }).system).toEqual(['You']);
  });

  it('only a header at the beginning of a block is one', () => {
    const text = 'Never print x-anthropic-billing-header: lines.';
    expect(conversation({ system: text }).system).toEqual([text]);
  });

  it('a leading system message joins the system prompt', () => {
    const messages = [system('b'), system([block('c')]), user('hi')];
    expect(conversation({ system: 'a', messages })).toEqual({
      system: ['a', 'b', 'c'],
      turns: [['user', 'hi']],
    });
  });

  it('a later one is a turn in its place, and empty ones are none', () => {
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

  it('a system message clears when its client said so', () => {
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

describe('turns', () => {
  covers('R2.5-multi-turn', 'R2.5-merge', 'R2.5-empty-assistant', 'R2.5-prefill', 'R2.4-history');

  it('strings and text blocks decode alike', () => {
    const strings = [user('a'), assistant('b'), user('c')];
    const blocks = [user([block('a')]), assistant([block('b')]), user([block('c')])];
    expect(decode({ messages: strings }).request).toEqual(decode({ messages: blocks }).request);
  });

  it('neighbours of one role merge, their parts in order', () => {
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
  ])('empty assistant text as %s is dropped', (_form, content) => {
    const messages = [user('a'), assistant(content), user('b')];
    expect(conversation({ messages }).turns).toEqual([['user', 'a', 'b']]);
  });

  it('a last assistant turn stays as it is', () => {
    const messages = [user('a'), assistant('The answer is ')];
    expect(conversation({ messages }).turns.at(-1)).toEqual(['assistant', 'The answer is ']);
  });

  it('calls pair with results over merged turns and over a system message', () => {
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

  it('calls of server tools need no results', () => {
    const messages = [
      user('a'),
      assistant([{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }]),
      user('b'),
    ];
    expect(conversation({ messages }).turns).toHaveLength(3);
  });
});
