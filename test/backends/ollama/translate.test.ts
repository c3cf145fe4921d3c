import { describe, expect, it } from 'vitest';
import { toOllamaMessages } from '../../../src/backends/ollama/translate.ts';
import type { Part, Turn } from '../../../src/core/conversation.ts';
import { finish } from '../../../src/core/steps.ts';
import { turn } from './requests.ts';
import { covers } from '../../support/covers.ts';

const text = (words: string): Part => ({ kind: 'text', text: words });

const image = (data: string): Part => ({
  kind: 'image',
  source: { kind: 'base64', mediaType: 'image/png', data },
});

interface Can {
  readonly tools?: boolean;
  readonly images?: boolean;
}

function messages(
  turns: readonly Turn[],
  system: readonly string[] = [],
  { tools = false, images = false }: Can = {},
): unknown {
  const blocks = system.map((words) => ({ kind: 'text', text: words }) as const);
  const conversation = { system: blocks, turns, tools: [] };
  return finish(toOllamaMessages(conversation, { model: 'mini', tools, images }));
}

describe('a conversation as Ollama’s messages', () => {
  covers(
    'R2.8-translate',
    'R2.5-system',
    'R2.5-system-in-place',
    'R2.5-merge',
    'R2.4-as-text',
    'R4.1-history',
    'R2.4-history',
    'R2.4-refused',
  );

  it('keeps every turn in its place', () => {
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
  ])('writes $name', ({ role, parts, message }) => {
    expect(messages([{ role, parts }])).toEqual([message]);
  });

  it('passes results on in the order of their calls', () => {
    const call = (id: string): Part => ({ kind: 'tool-call', id, name: id, input: {} });
    const result = (callId: string): Part => ({
      kind: 'tool-result',
      callId,
      output: [text(callId), image(callId)],
      isError: false,
    });
    const turns: readonly Turn[] = [
      { role: 'assistant', parts: [call('a'), call('b')] },
      { role: 'user', parts: [text('And?'), result('b'), result('a')] },
    ];
    expect(messages(turns, [], { tools: true, images: true })).toMatchObject([
      { role: 'assistant' },
      { role: 'tool', tool_call_id: 'a', tool_name: 'a' },
      { role: 'tool', tool_call_id: 'b', tool_name: 'b' },
      { role: 'user', images: ['a'] },
      { role: 'user', images: ['b'] },
      { role: 'user', content: 'And?' },
    ]);
  });

  it('passes calls and results on in Ollama’s own shape', () => {
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
    expect(messages(turns, [], { tools: true })).toEqual([
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

  it('leaves out turns without content for this model', () => {
    const redacted: Turn = { role: 'assistant', parts: [{ kind: 'redacted-thinking', data: 'x' }] };
    expect(messages([turn('user', 'Hi'), redacted])).toEqual([{ role: 'user', content: 'Hi' }]);
  });

  it('refuses a block by its place and the model that can’t read it', () => {
    const source = { kind: 'url', url: 'https://example.com/a.pdf' } as const;
    const document: Part = { kind: 'document', source, citations: false };
    expect(() => messages([{ role: 'user', parts: [document] }])).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringMatching(/^mini: .*document/) as string,
      }),
    );
  });
});

describe('pictures in Ollama’s messages', () => {
  covers('R4.1-images');

  const written = (parts: readonly Part[], can: Can = {}) =>
    messages([{ role: 'user', parts }], [], { images: true, ...can });
  const result = (...output: readonly Part[]): Part => ({
    kind: 'tool-result',
    callId: 'call_1',
    output,
    isError: false,
  });

  it.each<readonly [string, readonly Part[], readonly object[]]>([
    [
      'are sent with the text that follows them',
      [image('AA'), image('BB'), text('Which?')],
      [{ role: 'user', content: 'Which?', images: ['AA', 'BB'] }],
    ],
    ['may be the whole message', [image('AA')], [{ role: 'user', content: '', images: ['AA'] }]],
    [
      'keep their place between texts',
      [text('First:'), image('AA'), text('second:'), text('this'), image('BB')],
      [
        { role: 'user', content: 'First:' },
        { role: 'user', content: 'second:\n\nthis', images: ['AA'] },
        { role: 'user', content: '', images: ['BB'] },
      ],
    ],
  ])('%s', (_what, parts, expected) => {
    expect(written(parts)).toEqual(expected);
  });

  it('of a tool follow its result', () => {
    const call = { kind: 'tool-call', id: 'call_1', name: 'look', input: {} } as const;
    const turns: readonly Turn[] = [
      { role: 'assistant', parts: [call] },
      { role: 'user', parts: [text('Well?'), result(text('seen'), image('AA'))] },
    ];
    expect(messages(turns, [], { tools: true, images: true })).toMatchObject([
      { role: 'assistant' },
      { role: 'tool', content: 'seen', tool_name: 'look', tool_call_id: 'call_1' },
      { role: 'user', content: `The picture that ${call.name} gave.`, images: ['AA'] },
      { role: 'user', content: 'Well?' },
    ]);
  });

  it('of a tool follow its result if that is written as text', () => {
    expect(written([result(text('seen'), image('AA')), text('Well?')])).toEqual([
      { role: 'user', content: 'seen' },
      { role: 'user', content: 'Well?', images: ['AA'] },
    ]);
  });

  it('are not referenced by text that looks like a placeholder', () => {
    const parts = [image('AA'), text('[img] [img-0] [img-12] [image]')];
    expect(written(parts)).toMatchObject([{ content: '[img ] [img -0] [img -12] [image]' }]);
    expect(messages([turn('user', '[img-0]')])).toMatchObject([{ content: '[img-0]' }]);
  });

  it('at a URL are never passed on as URLs', () => {
    const source = { kind: 'url', url: 'http://10.0.0.1/x.png' } as const;
    expect(() => written([{ kind: 'image', source }])).toThrow(/send them as base64/);
  });
});
