import { describe, expect, it } from 'vitest';
import type { Part } from '../../../src/core/conversation.ts';
import { decode, refusal, seal } from './decoding.ts';
import { covers } from '../../support/covers.ts';

const hello = { role: 'user', content: 'hi' };

/** Parts of a message with the given blocks. */
function partsOf(role: 'user' | 'assistant', blocks: readonly object[]): readonly Part[] {
  const messages =
    role === 'user' ? [{ role, content: blocks }] : [hello, { role, content: blocks }];
  const tools = [{ name: 'look', input_schema: { type: 'object' } }];
  return decode({ messages, tools }).request.conversation.turns.at(-1)?.parts ?? [];
}

const png = { type: 'base64', media_type: 'image/png', data: 'AAAA' };
const pngSource = { kind: 'base64', mediaType: 'image/png', data: 'AAAA' };
/** Path of the only block. */
const at = 'messages.0.content.0.image';
const text = { type: 'text', text: 'x' };

const USER_BLOCKS: readonly (readonly [name: string, block: object, parts: readonly object[]])[] = [
  [
    'text',
    { ...text, citations: [], cache_control: null, newer: 1 },
    [{ kind: 'text', text: 'x' }],
  ],
  ['image base64', { type: 'image', source: png }, [{ kind: 'image', source: pngSource, at }]],
  [
    'image url',
    { type: 'image', source: { type: 'url', url: 'https://a/b.png' } },
    [{ kind: 'image', source: { kind: 'url', url: 'https://a/b.png' }, at }],
  ],
  [
    'image file',
    { type: 'image', source: { type: 'file', file_id: 'file_1' } },
    [{ kind: 'image', source: { kind: 'file', fileId: 'file_1', at }, at }],
  ],
  [
    'document base64',
    {
      type: 'document',
      title: 'T',
      context: 'C',
      citations: { enabled: true },
      source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' },
    },
    [
      {
        kind: 'document',
        title: 'T',
        context: 'C',
        citations: true,
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'AAAA' },
        at: 'messages.0.content.0.pdf',
      },
    ],
  ],
  [
    'document text',
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' } },
    [{ kind: 'document', citations: false, source: { kind: 'text', text: 'abc' } }],
  ],
  [
    'document content',
    {
      type: 'document',
      title: null,
      source: { type: 'content', content: [text, { type: 'image', source: png }] },
    },
    [
      {
        kind: 'document',
        citations: false,
        source: {
          kind: 'content',
          parts: [
            { kind: 'text', text: 'x' },
            {
              kind: 'image',
              source: pngSource,
              at: 'messages.0.content.0.document.source.content.content.1.image',
            },
          ],
        },
      },
    ],
  ],
  [
    'document content as a string',
    { type: 'document', source: { type: 'content', content: 'x' } },
    [
      {
        kind: 'document',
        citations: false,
        source: { kind: 'content', parts: [{ kind: 'text', text: 'x' }] },
      },
    ],
  ],
  [
    'document url',
    { type: 'document', source: { type: 'url', url: 'https://a/b.pdf' } },
    [
      {
        kind: 'document',
        citations: false,
        source: { kind: 'url', url: 'https://a/b.pdf' },
        at: 'messages.0.content.0.pdf',
      },
    ],
  ],
  [
    'document file',
    { type: 'document', source: { type: 'file', file_id: 'file_1' } },
    [
      {
        kind: 'document',
        citations: false,
        source: { kind: 'file', fileId: 'file_1', at: at.replace('image', 'document') },
        at: 'messages.0.content.0.pdf',
      },
    ],
  ],
  [
    'search_result',
    { type: 'search_result', source: 's', title: 't', content: [text] },
    [
      {
        kind: 'search-result',
        source: 's',
        title: 't',
        content: [{ kind: 'text', text: 'x' }],
        citations: false,
      },
    ],
  ],
  [
    'container_upload',
    { type: 'container_upload', file_id: 'file_1' },
    [{ kind: 'container-upload', fileId: 'file_1' }],
  ],
  [
    'tool_addition',
    { type: 'tool_addition', tool: { type: 'tool_reference', name: 'look' } },
    [{ kind: 'tool-change', change: 'added', name: 'look' }],
  ],
  [
    'tool_removal of an MCP toolset',
    { type: 'tool_removal', tool: { type: 'mcp_toolset_reference', server_name: 'db' } },
    [{ kind: 'tool-change', change: 'removed', name: 'db' }],
  ],
];

const ASSISTANT_BLOCKS: typeof USER_BLOCKS = [
  [
    'thinking with a foreign signature',
    { type: 'thinking', thinking: 'hm', signature: 'EqQBCg' },
    [{ kind: 'thinking', text: 'hm' }],
  ],
  [
    'thinking without a signature',
    { type: 'thinking', thinking: 'hm' },
    [{ kind: 'thinking', text: 'hm' }],
  ],
  [
    'redacted_thinking',
    { type: 'redacted_thinking', data: 'zz' },
    [{ kind: 'redacted-thinking', data: 'zz' }],
  ],
  [
    'server_tool_use',
    { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
    [{ kind: 'server-tool-call', id: 's', name: 'web_search', input: { query: 'q' } }],
  ],
  [
    'mcp_tool_use',
    { type: 'mcp_tool_use', id: 's', name: 'query', server_name: 'db', input: {} },
    [{ kind: 'server-tool-call', id: 's', name: 'mcp__db__query', input: {} }],
  ],
  ...[
    'web_search_tool_result',
    'web_fetch_tool_result',
    'code_execution_tool_result',
    'bash_code_execution_tool_result',
    'text_editor_code_execution_tool_result',
    'tool_search_tool_result',
    'advisor_tool_result',
    'mcp_tool_result',
  ].map(
    (type) =>
      [
        type,
        { type, tool_use_id: 's', content: [{ type: 'whatever', deep: [1] }] },
        [
          {
            kind: 'server-tool-result',
            callId: 's',
            blockType: type,
            content: [{ type: 'whatever', deep: [1] }],
          },
        ],
      ] as const,
  ),
  [
    'mcp_tool_result of a failed call',
    { type: 'mcp_tool_result', tool_use_id: 's', is_error: true, content: 'no' },
    [
      {
        kind: 'server-tool-result',
        callId: 's',
        blockType: 'mcp_tool_result',
        content: { is_error: true, content: 'no' },
        outcome: { kind: 'mcp', isError: true, texts: ['no'] },
      },
    ],
  ],
  [
    'mcp_tool_listing',
    { type: 'mcp_tool_listing', mcp_server_name: 'db', tools: [{ name: 'query' }] },
    [
      {
        kind: 'server-tool-result',
        callId: '',
        blockType: 'mcp_tool_listing',
        content: { server: 'db', tools: [{ name: 'query' }] },
      },
    ],
  ],
  ['a failed compaction', { type: 'compaction', content: null }, []],
  ['fallback', { type: 'fallback', from: { model: 'a' }, to: { model: 'b' } }, []],
];

describe('the decoder of blocks', () => {
  covers('R2.4-blocks', 'R2.4-sources', 'R2.4-history');

  it.each(USER_BLOCKS)('decodes %s', (_name, block, parts) => {
    expect(partsOf('user', [block])).toEqual(parts);
  });

  it.each(ASSISTANT_BLOCKS)('decodes %s', (_name, block, parts) => {
    const sentinel = { kind: 'text', text: 'after' };
    expect(partsOf('assistant', [block, { type: 'text', text: 'after' }])).toEqual([
      ...parts,
      sentinel,
    ]);
  });

  it('decodes a compaction to a first turn of the user, which replaces what precedes it', () => {
    const compaction = {
      type: 'compaction',
      content: 'so far',
      tool_changes: [
        {
          type: 'tool_addition',
          tool: { type: 'mcp_tool_reference', name: 'query', server_name: 'db' },
        },
      ],
    };
    const { request } = decode({
      messages: [
        hello,
        { role: 'assistant', content: [{ type: 'text', text: 'before' }, compaction, text] },
        hello,
      ],
    });
    expect(request.conversation.turns).toEqual([
      { role: 'user', parts: [{ kind: 'compaction', text: 'so far' }] },
      {
        role: 'assistant',
        parts: [
          { kind: 'tool-change', change: 'added', name: 'query' },
          { kind: 'text', text: text.text },
        ],
      },
      { role: 'user', parts: [{ kind: 'text', text: hello.content }] },
    ]);
  });

  it('accepts a compaction as the first message', () => {
    const first = { role: 'assistant', content: [{ type: 'compaction', content: 'so far' }] };
    expect(decode({ messages: [first, hello] }).request.conversation.turns).toEqual([
      {
        role: 'user',
        parts: [
          { kind: 'compaction', text: 'so far' },
          { kind: 'text', text: hello.content },
        ],
      },
    ]);
  });

  it('decodes a call, and its result with all kinds of content', () => {
    const content = [
      text,
      { type: 'text', text: '' },
      { type: 'image', source: png },
      { type: 'search_result', source: 's', title: 't', content: [] },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' } },
      { type: 'tool_reference', tool_name: 'find' },
      { type: 'browser_state', tabs: [{ id: 1 }] },
    ];
    const { turns } = decode({
      tools: [{ name: 'find', input_schema: { type: 'object' }, defer_loading: true }],
      messages: [
        hello,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'A', name: 'f', input: { a: 1 } }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'A', is_error: true, content }, text],
        },
      ],
    }).request.conversation;
    expect(turns.slice(1)).toEqual([
      { role: 'assistant', parts: [{ kind: 'tool-call', id: 'A', name: 'f', input: { a: 1 } }] },
      {
        role: 'user',
        parts: [
          {
            kind: 'tool-result',
            callId: 'A',
            isError: true,
            output: [
              { kind: 'text', text: 'x' },
              {
                kind: 'image',
                source: pngSource,
                at: 'messages.2.content.0.tool_result.content.2.image',
              },
              { kind: 'search-result', source: 's', title: 't', content: [], citations: false },
              { kind: 'document', citations: false, source: { kind: 'text', text: 'abc' } },
              { kind: 'tool-reference', name: 'find' },
              {
                kind: 'server-tool-result',
                callId: 'A',
                blockType: 'browser_state',
                content: { tabs: [{ id: 1 }], state_changes: null },
              },
            ],
          },
          { kind: 'text', text: 'x' },
        ],
      },
    ]);
  });

  it.each([
    ['a string', 'ok', [{ kind: 'text', text: 'ok' }]],
    ['nothing', undefined, []],
    ['null', null, []],
  ])('decodes a result of %s', (_name, content, output) => {
    const { turns } = decode({
      messages: [
        hello,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'A', name: 'f', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'A', content }] },
      ],
    }).request.conversation;
    expect(turns.at(-1)?.parts).toEqual([
      { kind: 'tool-result', callId: 'A', isError: false, output },
    ]);
  });
});

describe('thinking in a request', () => {
  covers('R2.5-signature', 'R2.5-omitted', 'R2.5-signature-check', 'R2.4-history');

  const block = (thinking: string, signature: string): object => ({
    type: 'thinking',
    thinking,
    signature,
  });
  const visible = { type: 'text', text: 'so' };

  it('is accepted if this server signed it', () => {
    expect(partsOf('assistant', [block('hm', seal.sign('hm'))])).toEqual([
      { kind: 'thinking', text: 'hm' },
    ]);
  });

  it('is decrypted from a sealed signature', () => {
    expect(partsOf('assistant', [block('', seal.seal('hm'))])).toEqual([
      { kind: 'thinking', text: 'hm' },
    ]);
  });

  it('is refused with its block if the text differs from the signed one', () => {
    const blocks = [visible, block('changed', seal.sign('hm'))];
    expect(refusal(() => partsOf('assistant', blocks)).message).toBe(
      'messages.1.content.1: Invalid `signature` in `thinking` block',
    );
  });

  it('is dropped if another server withheld its text', () => {
    expect(partsOf('assistant', [block('', 'EqQBCg'), visible])).toEqual([
      { kind: 'text', text: 'so' },
    ]);
  });
});
