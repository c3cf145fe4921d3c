import { describe, expect, it } from 'vitest';
import { decode, refusal } from './decoding.ts';

const input_schema = { type: 'object' };
const look = { name: 'look', description: 'Looks.', input_schema };
const called = { type: 'tool_use', id: 'A', name: 'look', input: {} };
const answered = [
  { role: 'user', content: 'Look' },
  { role: 'assistant', content: [called] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'A', content: 'a wall' }] },
];
const toolOf = (tool: object) => decode({ tools: [tool] }).request.conversation.tools[0];
const cached = (ttl: string) => ({ cache_control: { type: 'ephemeral', ttl } });
const text = (more: object = {}) => ({ type: 'text', text: 'x', ...more });
const said = (...content: object[]) => [{ role: 'user', content }];

describe('decoded tools', () => {
  const input_examples = [{ at: 'the door' }, { at: 'the wall' }];
  const examples = 'Examples of its input:\n{"at":"the door"}\n{"at":"the wall"}';

  it('contain their input examples in the description', () => {
    expect(toolOf({ ...look, input_examples })?.description).toBe(`Looks.\n\n${examples}`);
    expect(toolOf({ name: 'look', input_schema, input_examples })?.description).toBe(examples);
    const bash = toolOf({ type: 'bash_20250124', name: 'bash', input_examples });
    expect(bash?.description).toMatch(/^Runs a command[^]*the wall"}$/);
  });

  it('contain their allowed callers and the strict flag', () => {
    const fromCode = toolOf({
      ...look,
      allowed_callers: ['code_execution_20260120'],
      strict: true,
    });
    expect(fromCode).toMatchObject({ onlyFromCode: true, strict: true });
    const direct = toolOf({ ...look, allowed_callers: ['direct', 'code_execution_20260120'] });
    expect(direct).not.toHaveProperty('onlyFromCode');
  });

  it('report keys without an effect', () => {
    const tools = [
      { ...look, newer: 1 },
      {
        type: 'computer_20251124',
        name: 'computer',
        display_width_px: 9,
        display_height_px: 9,
        display_number: 1,
      },
    ];
    expect(decode({ tools }).ignored).toEqual([
      'tools.look.newer',
      'tools.computer.display_number',
    ]);
  });
});

describe('the thinking option', () => {
  it('between_tools enables thinking only after tool results', () => {
    const thinking = { type: 'between_tools' };
    const tools = [look];
    expect(decode({ thinking, tools }).request.thinking).toEqual({ mode: 'disabled' });
    const after = decode({ thinking, tools, messages: answered });
    expect(after.request.thinking).toEqual({ mode: 'adaptive' });
  });

  it('reports parts without an effect', () => {
    const output_config = { effort: 'low' };
    const thinking = { type: 'adaptive', display: 'updates', block_binding: {} };
    expect(decode({ output_config }).ignored).toEqual(['output_config.effort']);
    expect(decode({ output_config, thinking }).ignored).toEqual([
      'thinking.block_binding',
      'thinking.display',
    ]);
  });
});

describe('unknown keys', () => {
  it('are reported once by their path at any place', () => {
    const { ignored } = decode({
      system: [text({ a: 1 })],
      messages: [
        { role: 'user', content: [text({ b: 1 }), text({ b: 2 })], c: 1 },
        { role: 'assistant', content: [{ ...called, toolset_name: 'browser' }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'A', content: [text({ d: 1 })] }],
        },
      ],
      metadata: { user_id: 'u', e: 1 },
      output_config: { format: null, f: 1 },
    });
    expect(ignored.toSorted()).toEqual([
      'messages.c',
      'messages.content.b',
      'messages.content.content.d',
      'messages.content.toolset_name',
      'metadata.e',
      'output_config.f',
      'system.a',
    ]);
  });

  it('exclude fields of this server’s answers and null', () => {
    const content = [text({ citations: [] }), { ...called, caller: { type: 'direct' }, x: null }];
    const [first, , last] = answered;
    const messages = [first, { role: 'assistant', content }, last];
    expect(decode({ messages, tools: [look] }).ignored).toEqual([]);
  });

  it('are reported up to a limit', () => {
    const many = Object.fromEntries(Array.from({ length: 999 }, (_, index) => [`k${index}`, 1]));
    expect(decode({ metadata: many }).ignored).toHaveLength(20);
  });
});

describe('cache breakpoints', () => {
  const lifetimeOf = (fields: object) => {
    const { request, cacheLifetime } = decode(fields);
    return request.cachesPrompt === true ? cacheLifetime : undefined;
  };

  it.each([
    ['none', {}, undefined],
    ['of 5 minutes', { messages: said(text(cached('5m'))) }, '5m'],
    ['of an hour', { messages: said(text(cached('1h'))) }, '1h'],
    [
      'of an hour before 5 minutes',
      { messages: said(text(cached('1h')), text(cached('5m'))) },
      '5m',
    ],
    ['of the request', cached('1h'), '1h'],
    [
      'of the request, on a block with the same one',
      { ...cached('5m'), messages: said(text(cached('5m'))) },
      '5m',
    ],
  ])('determine the lifetime: %s', (_what, fields, lifetime) => {
    expect(lifetimeOf(fields)).toBe(lifetime);
  });

  it('of two lifetimes cache the prompt up to the last one-hour breakpoint for an hour', () => {
    const longCacheOf = (fields: object) => decode(fields).request.longCache;
    const short = text(cached('5m'));
    const long = text(cached('1h'));
    const none = { tools: 0, system: 0, turns: 0, parts: 0 };
    expect(longCacheOf({ messages: said(long, text(), short) })).toEqual({ ...none, parts: 1 });
    expect(longCacheOf({ messages: said(long, text(), long) })).toBeUndefined();
    expect(longCacheOf({ system: [text(), long, text()], messages: said(short) })).toEqual({
      ...none,
      system: 2,
    });
    const tools = [look, { ...look, name: 'see', ...cached('1h') }];
    expect(longCacheOf({ tools, messages: said(short) })).toEqual({ ...none, tools: 2 });
    const talk = [
      ...said(text()),
      { role: 'assistant', content: [text()] },
      { role: 'user', content: [long] },
      ...said(short),
    ];
    expect(longCacheOf({ messages: talk })).toEqual({ ...none, turns: 2, parts: 1 });
  });

  const four = Array.from({ length: 4 }, () => text(cached('5m')));
  it.each([
    [
      'an hour after 5 minutes',
      { messages: said(text(cached('5m')), text(cached('1h'))) },
      /^messages\.0\.content\.1\.cache_control\.ttl: a ttl='1h' cache_control block must not come after a ttl='5m'/,
    ],
    [
      'an hour after 5 minutes in tools',
      { tools: [{ ...look, ...cached('5m') }], system: [text(cached('1h'))] },
      /^system\.0\.cache_control\.ttl: a ttl='1h'/,
    ],
    [
      'an hour of the request after 5 minutes',
      { ...cached('1h'), messages: said(text(cached('5m')), text()) },
      /^cache_control\.ttl: a ttl='1h'/,
    ],
    [
      'two lifetimes of one block',
      { ...cached('1h'), messages: said(text(cached('5m'))) },
      /^cache_control\.ttl: messages\.0\.content\.0 already has/,
    ],
    [
      'a fifth breakpoint of the request',
      { ...cached('5m'), messages: said(...four, text()) },
      /Found 5\.$/,
    ],
  ])('are refused: %s', (_what, fields, words) => {
    expect(refusal(() => decode(fields)).message).toMatch(words);
  });
});

it.each([
  [
    'service_tier',
    { service_tier: 'silly' },
    "service_tier: Input should be 'auto' or 'standard_only'",
  ],
  ['speed', { speed: 'ludicrous' }, "speed: Input should be 'standard' or 'fast'"],
  [
    'transformations',
    {
      messages: said({
        type: 'image',
        source: { type: 'url', url: 'https://a' },
        transformations: { oversized_image: 'error' },
      }),
    },
    "messages.0.content.0.image.transformations.oversized_image: Input should be 'downsize'",
  ],
])('an unsupported value of %s is refused', (_field, fields, message) => {
  expect(refusal(() => decode(fields)).message).toBe(message);
});
