import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../../src/core/conversation.ts';
import { decode } from './decoding.ts';
import { covers } from '../../support/covers.ts';

const said = (content: unknown, role = 'user'): object => ({ role, content });
const conversation = (body: object): Conversation => decode(body).request.conversation;
const cached = { cache_control: { type: 'ephemeral' } };
const billing = (hash: string) => ({
  type: 'text',
  text: `x-anthropic-billing-header: cc_version=2.1.197.${hash}; cc_entrypoint=cli;`,
});
const thought = { type: 'thinking', thinking: 'Hm.', signature: '' };

describe('a block in another form', () => {
  covers('R5.3-forms');

  it.each([
    ['a text as a string', 'Hi', [{ type: 'text', text: 'Hi' }]],
    ['with and without cache_control', [{ type: 'text', text: 'Hi', ...cached }], 'Hi'],
    ['with empty citations', [{ type: 'text', text: 'Hi', citations: [] }], 'Hi'],
    [
      'a result as a string',
      [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' }],
      [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [{ type: 'text', text: 'x', ...cached }],
          is_error: false,
        },
      ],
    ],
  ])('results in the same prompt: %s', (_form, one, other) => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} };
    const body = (content: unknown) => ({
      tools: [{ name: 'Bash', input_schema: { type: 'object' } }],
      messages: [said('Go'), said([thought, call], 'assistant'), said(content)],
    });
    const result = JSON.stringify(one).includes('tool_result');
    const messages = (content: unknown) => (result ? body(content) : { messages: [said(content)] });
    expect(conversation(messages(one))).toEqual(conversation(messages(other)));
  });

  it('results in the same system prompt as a string and as blocks', () => {
    const asked = { messages: [said('Hi')] };
    const blocks = [{ type: 'text', text: 'Be brief.', ...cached }];
    expect(conversation({ ...asked, system: 'Be brief.' })).toEqual(
      conversation({ ...asked, system: blocks }),
    );
  });
});

describe('the billing block', () => {
  covers('R5.3-billing');

  it.each([
    [
      'in a block of its own',
      (hash: string) => [billing(hash), { type: 'text', text: 'Be brief.' }],
    ],
    [
      'at the start of a text',
      (hash: string) => [{ type: 'text', text: `${billing(hash).text}\nBe brief.` }],
    ],
  ])('is dropped %s', (_place, system) => {
    const asked = (hash: string) => conversation({ system: system(hash), messages: [said('Hi')] });
    expect(asked('a1f')).toEqual(asked('b2e'));
    expect(asked('a1f').system).toEqual([{ kind: 'text', text: 'Be brief.' }]);
  });
});

describe('the decoded conversation', () => {
  covers('R5.3-place');

  it('keeps the places of system messages and reminders', () => {
    const { system, turns } = conversation({
      system: 'S',
      messages: [
        said([
          { type: 'text', text: '<system-reminder>R</system-reminder>' },
          { type: 'text', text: 'Hi' },
        ]),
        said('M', 'system'),
        said('Hello', 'assistant'),
        said('Go on'),
      ],
    });
    expect(system).toEqual([{ kind: 'text', text: 'S' }]);
    expect(turns.map(({ role, parts }) => [role, parts.length])).toEqual([
      ['user', 2],
      ['system', 1],
      ['assistant', 1],
      ['user', 1],
    ]);
  });

  it('keeps the order of tools', () => {
    const names = ['Write', 'Bash', 'Agent'];
    const tools = names.map((name) => ({ name, input_schema: { type: 'object' } }));
    expect(conversation({ tools, messages: [said('Hi')] }).tools.map(({ name }) => name)).toEqual(
      names,
    );
  });
});
