import { describe, expect, it } from 'vitest';
import { toMessages } from '../../../src/backends/ollama/translate.ts';
import type { Part, Turn } from '../../../src/core/conversation.ts';
import { turn } from './requests.ts';

const text = (words: string): Part => ({ kind: 'text', text: words });

function messages(turns: readonly Turn[], system: readonly string[] = [], tools = false): unknown {
  const blocks = system.map((words) => ({ kind: 'text', text: words }) as const);
  return toMessages({ system: blocks, turns, tools: [] }, { model: 'mini', tools });
}

describe('[R2.8-translate] a conversation as Ollama’s messages', () => {
  it('[R2.5-system] [R2.5-system-in-place] keeps every turn in its place', () => {
    const turns = [turn('user', 'Hi'), turn('system', 'Be brief.'), turn('user', 'Well?')];
    expect(messages(turns, ['You are', 'kind.'])).toEqual([
      { role: 'system', content: 'You are\n\nkind.' },
      { role: 'user', content: 'Hi' },
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Well?' },
    ]);
  });

  it.each<{ name: string; role: Turn['role']; parts: readonly Part[]; message: object }>([
    {
      name: 'what a user said in pieces',
      role: 'user',
      parts: [text('one'), text('two')],
      message: { role: 'user', content: 'one\n\ntwo' },
    },
    {
      name: 'what a model wrote in pieces',
      role: 'assistant',
      parts: [text('one'), text(' two')],
      message: { role: 'assistant', content: 'one two' },
    },
    {
      name: 'thinking',
      role: 'assistant',
      parts: [{ kind: 'thinking', text: 'Hm.' }, text('Yes.')],
      message: { role: 'assistant', content: 'Yes.', thinking: 'Hm.' },
    },
    {
      name: 'a call',
      role: 'assistant',
      parts: [
        text('I look.'),
        { kind: 'tool-call', id: 'call_1', name: 'Read', input: { path: 'a' } },
      ],
      message: { role: 'assistant', content: 'I look.\n\n[Read was called with {"path":"a"}]' },
    },
    {
      name: 'a failed result',
      role: 'user',
      parts: [{ kind: 'tool-result', callId: 'call_1', output: [text('no file')], isError: true }],
      message: { role: 'user', content: 'Error: no file' },
    },
  ])('[R2.5-merge] [R2.4-as-text] writes $name', ({ role, parts, message }) => {
    expect(messages([{ role, parts }])).toEqual([message]);
  });

  it('[R4.1-history] passes calls and results on in Ollama’s own shape', () => {
    const turns: readonly Turn[] = [
      turn('user', 'Look.'),
      {
        role: 'assistant',
        parts: [
          { kind: 'thinking', text: 'Hm.' },
          text('I look'),
          { kind: 'tool-call', id: 'toolu_1', name: 'Read', input: { path: 'a' } },
          text(' twice.'),
          { kind: 'tool-call', id: 'toolu_2', name: 'List', input: {} },
        ],
      },
      {
        role: 'user',
        parts: [
          text('Well?'),
          { kind: 'tool-result', callId: 'toolu_1', output: [text('no file')], isError: true },
          { kind: 'tool-result', callId: 'toolu_2', output: [], isError: false },
        ],
      },
      { role: 'assistant', parts: [text('Nothing.')] },
    ];
    expect(messages(turns, [], true)).toEqual([
      { role: 'user', content: 'Look.' },
      {
        role: 'assistant',
        content: 'I look twice.',
        thinking: 'Hm.',
        tool_calls: [
          { id: 'toolu_1', function: { name: 'Read', arguments: { path: 'a' } } },
          { id: 'toolu_2', function: { name: 'List', arguments: {} } },
        ],
      },
      { role: 'tool', content: 'Error: no file', tool_name: 'Read', tool_call_id: 'toolu_1' },
      { role: 'tool', content: '', tool_name: 'List', tool_call_id: 'toolu_2' },
      { role: 'user', content: 'Well?' },
      { role: 'assistant', content: 'Nothing.' },
    ]);
  });

  it('[R2.4-history] leaves out turns that say nothing to this model', () => {
    const redacted: Turn = { role: 'assistant', parts: [{ kind: 'redacted-thinking', data: 'x' }] };
    expect(messages([turn('user', 'Hi'), redacted])).toEqual([{ role: 'user', content: 'Hi' }]);
  });

  it('[R2.4-refused] names the block and the model that can’t see it', () => {
    const image: Part = {
      kind: 'image',
      source: { kind: 'url', url: 'https://example.com/a.png' },
    };
    expect(() => messages([{ role: 'user', parts: [image] }])).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringMatching(/^mini: .*image/) as string,
      }),
    );
  });
});
