import { describe, expect, it } from 'vitest';
import { UNADJUSTED } from '../../../src/backends/openai/adjustments.ts';
import type { ChatMessage } from '../../../src/backends/openai/chat-message.ts';
import { toMessages } from '../../../src/backends/openai/messages.ts';
import type { MessageStyle } from '../../../src/backends/openai/assistant-messages.ts';
import type { Part, Turn } from '../../../src/core/conversation.ts';
import { finish } from '../../../src/core/steps.ts';
import { covers } from '../../support/covers.ts';

const STYLE: MessageStyle = { ...UNADJUSTED, thinking: true };

const text = (words: string): Part => ({ kind: 'text', text: words });
const image = (data: string): Part => ({
  kind: 'image',
  source: { kind: 'base64', mediaType: 'image/png', data },
});
const TOOL = 'look';
const call = (id: string): Part => ({ kind: 'tool-call', id, name: TOOL, input: { at: id } });
const result = (callId: string, output: readonly Part[], isError = false): Part => ({
  kind: 'tool-result',
  callId,
  output,
  isError,
});
const turn = (role: Turn['role'], ...parts: readonly Part[]): Turn => ({ role, parts });

function write(turns: readonly Turn[], style: Partial<MessageStyle> = {}): readonly ChatMessage[] {
  return finish(toMessages({ system: [], turns, tools: [] }, { ...STYLE, ...style }));
}

const written = (id: string) => ({
  id,
  type: 'function',
  function: { name: 'look', arguments: `{"at":"${id}"}` },
});
const picture = (data: string) => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${data}` },
});

describe('a conversation as messages', () => {
  covers('R4.2-stream');

  it.each<readonly [string, readonly Turn[], readonly unknown[]]>([
    [
      'text of several blocks',
      [turn('user', text('a'), text('b'))],
      [{ role: 'user', content: 'a\n\nb' }],
    ],
    [
      'a system turn in its place',
      [turn('user', text('a')), turn('system', text('s')), turn('user', text('b'))],
      [
        { role: 'user', content: 'a' },
        { role: 'system', content: 's' },
        { role: 'user', content: 'b' },
      ],
    ],
    [
      'calls beside text, thinking separately',
      [
        turn(
          'assistant',
          { kind: 'thinking', text: 'hm' },
          text('I '),
          text('look'),
          call('1'),
          call('2'),
        ),
      ],
      [
        {
          role: 'assistant',
          content: 'I look',
          tool_calls: [written('1'), written('2')],
          reasoning_content: 'hm',
          reasoning: 'hm',
        },
      ],
    ],
    [
      'text after calls, in its own message',
      [turn('assistant', call('1'), text('so'))],
      [
        { role: 'assistant', content: null, tool_calls: [written('1')] },
        { role: 'assistant', content: 'so' },
      ],
    ],
    [
      'results before what the user says, a failed one marked',
      [turn('user', text('and?'), result('1', [text('r')]), result('2', [text('no')], true))],
      [
        { role: 'tool', tool_call_id: '1', content: 'r' },
        { role: 'tool', tool_call_id: '2', content: 'Error: no' },
        { role: 'user', content: 'and?' },
      ],
    ],
    [
      'an empty answer, not at all',
      [turn('assistant', { kind: 'redacted-thinking', data: 'x' })],
      [],
    ],
    [
      'a document as text',
      [
        turn('user', {
          kind: 'document',
          source: { kind: 'text', text: 'd' },
          title: 't',
          citations: false,
        }),
      ],
      [{ role: 'user', content: '<document title="t">\nd\n</document>' }],
    ],
  ])('%s', (_name, turns, messages) => {
    expect(write(turns)).toEqual(messages);
  });

  it('begins with the system prompt', () => {
    const system = [text('a'), text('b')].flatMap((part) => (part.kind === 'text' ? [part] : []));
    const turns = [turn('user', text('Hi'))];
    expect(finish(toMessages({ system, turns, tools: [] }, STYLE))[0]).toEqual({
      role: 'system',
      content: 'a\n\nb',
    });
  });

  it('leaves thinking out if a server refuses it', () => {
    const turns = [turn('assistant', { kind: 'thinking', text: 'hm' }, text('a'))];
    expect(write(turns, { thinking: false })).toEqual([{ role: 'assistant', content: 'a' }]);
  });
});

describe('pictures', () => {
  covers('R4.2-images');

  it('keep their place in a user turn', () => {
    expect(write([turn('user', text('a'), image('AA'), text('b'))])).toEqual([
      {
        role: 'user',
        content: [{ type: 'text', text: 'a' }, picture('AA'), { type: 'text', text: 'b' }],
      },
    ]);
  });

  it('of a tool follow its result', () => {
    const turns = [
      turn('assistant', call('1')),
      turn('user', result('1', [text('r'), image('AA')])),
    ];
    expect(write(turns).slice(1)).toEqual([
      { role: 'tool', tool_call_id: '1', content: 'r' },
      {
        role: 'user',
        content: [{ type: 'text', text: `The picture that ${TOOL} gave:` }, picture('AA')],
      },
    ]);
  });

  it('at a URL are never passed on as URLs', () => {
    const source = { kind: 'url', url: 'http://10.0.0.1/x.png' } as const;
    expect(() => write([turn('user', { kind: 'image', source })])).toThrow(/send them as base64/);
  });
});

describe('messages for strict templates', () => {
  covers('R4.2-adjust');

  it('have short ids, the same for a call and its result', () => {
    const turns = [turn('assistant', call('toolu_1')), turn('user', result('toolu_1', []))];
    const [assistant, answered] = write(turns, { shortIds: true });
    const id = assistant?.role === 'assistant' ? assistant.tool_calls?.[0]?.id : undefined;
    expect(id).toMatch(/^[0-9a-z]{9}$/);
    expect(answered).toMatchObject({ tool_call_id: id });
  });

  it('turn later system messages into user messages in place, with alternating roles', () => {
    const turns = [
      turn('system', text('first')),
      turn('user', text('a'), image('AA')),
      turn('system', text('s')),
      turn('user', text('b')),
    ];
    expect(write(turns, { systemFirst: true })).toEqual([
      { role: 'system', content: 'first' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          picture('AA'),
          { type: 'text', text: '<system-reminder>\ns\n</system-reminder>' },
          { type: 'text', text: 'b' },
        ],
      },
    ]);
  });
});
