import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RepairedCall } from '../../../src/formats/repair/repaired-call.ts';
import type { JsonObject } from '../../../src/core/json.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    hot: { type: 'boolean' },
    count: { type: 'integer' },
    days: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    list: { type: 'array', items: { type: 'integer' } },
    place: { type: 'object', properties: { hot: { type: 'boolean' } } },
    any: {},
  },
};

interface Made {
  readonly name: string | undefined;
  readonly input: unknown;
}

/** Call from pieces; undefined if it can't be repaired. Checks that sent events are never contradicted. */
function made(pieces: readonly string[], name = 'Look', schema: JsonObject = SCHEMA) {
  const tools = [
    { name: 'Look', inputSchema: schema },
    { name: 'other', inputSchema: {} },
  ];
  const call = new RepairedCall('toolu_1', name, tools);
  const sent = pieces.flatMap((piece) => call.push(piece));
  const rest = call.end();
  if (rest === undefined) return call.started ? 'broken off' : undefined;
  const events = [...sent, ...rest];
  const json = events.map((event) => (event.type === 'tool-call-delta' ? event.json : '')).join('');
  expect(events.filter(({ type }) => type === 'tool-call-start')).toHaveLength(1);
  expect(events.at(-1)?.type).toBe('tool-call-end');
  const [start] = events;
  const called = start?.type === 'tool-call-start' ? start.name : undefined;
  const result: Made = { name: called, input: JSON.parse(json) as unknown };
  return result;
}

const PARIS = { city: 'Paris', hot: true };

const REPAIRED: readonly (readonly [string, string, unknown])[] = [
  ['JSON', '{"city": "Paris", "hot": true}', PARIS],
  ['white space around JSON', '\n {"city": "Paris", "hot": true}\n', PARIS],
  ['nothing', '', {}],
  ['null', 'null', {}],
  ['a Python literal', '{"city": "Paris", "hot": True}', PARIS],
  ['Python’s None', '{"city": "Paris", "days": None}', { city: 'Paris', days: null }],
  ['None for an integer', '{"city": "a", "count": None}', { city: 'a', count: null }],
  ['a trailing comma', '{"city": "Paris", "hot": true,}', PARIS],
  ['a trailing comma in a list', '{"list": [1, 2,]}', { list: [1, 2] }],
  ['single quotes', "{'city': 'Paris', 'hot': True}", PARIS],
  ['a bracket in single quotes', "{'city': 'a}b'}", { city: 'a}b' }],
  [
    'a backslash before a letter',
    String.raw`{"city": "\d+\.ts$ \("}`,
    { city: String.raw`\d+\.ts$ \(` },
  ],
  ['a backslash in single quotes', String.raw`{'city': '\d'}`, { city: String.raw`\d` }],
  [
    'a backslash after an escaped line break',
    String.raw`{'city': 'a\nb \d'}`,
    { city: 'a\nb \\d' },
  ],
  ['a path', String.raw`{"city": "C:\Users\me"}`, { city: String.raw`C:\Users\me` }],
  ['a path of a user', String.raw`{"city": "C:\users\\new"}`, { city: String.raw`C:\users\new` }],
  ['a backslash in a shell', '{"city": "a \\\n| b"}', { city: 'a \\\n| b' }],
  [
    'patterns of a shell',
    String.raw`{"city": "grep 'foo\|bar' \$HOME"}`,
    { city: String.raw`grep 'foo\|bar' \$HOME` },
  ],
  ['an escaped single quote', String.raw`{"city": "it\'s"}`, { city: "it's" }],
  [
    'an escaped single quote in single quotes',
    String.raw`{'city': 'it\'s "x" \"'}`,
    { city: `it's "x" "` },
  ],
  [
    'a backslash in double encoding',
    JSON.stringify(String.raw`{"city": "\d"}`),
    { city: String.raw`\d` },
  ],
  ['Python’s None for a number', '{"city": "a", "count": None}', { city: 'a', count: null }],
  ['NaN in a string', '{"city": "NaN", "any": ": NaN",}', { city: 'NaN', any: ': NaN' }],
  ['a raw line break', '{"city": "a\nb"}', { city: 'a\nb' }],
  ['a raw tab', '{"city": "a\tb"}', { city: 'a\tb' }],
  ['a code fence', '```json\n{"city": "Paris", "hot": true}\n```', PARIS],
  ['double encoding', JSON.stringify(JSON.stringify(PARIS)), PARIS],
  ['double encoding of a repairable text', JSON.stringify("{'city': 'Paris', 'hot': True}"), PARIS],
  ['a list around it', '[{"city": "Paris", "hot": true}]', PARIS],
  ['arguments around it', '{"arguments": {"city": "Paris", "hot": true}}', PARIS],
  ['a call around it', '{"name": "Look", "parameters": {"city": "Paris", "hot": true}}', PARIS],
  [
    'a function around it',
    '{"type": "function", "function": {"name": "Look", "arguments": "{\\"city\\": \\"Paris\\"}"}}',
    { city: 'Paris' },
  ],
  ['a missing brace', '{"city": "Paris", "hot": true', PARIS],
  ['two missing brackets', '{"list": [1, 2', { list: [1, 2] }],
  ['an extra brace', '{"city": "Paris", "hot": true}}', PARIS],
  ['an empty object before it', '{}{"city": "Paris", "hot": true}', PARIS],
  ['an empty object before a malformed one', "{ }\n{'city': 'Paris', 'hot': True}", PARIS],
  ['null before it', 'null{"city": "Paris", "hot": true}', PARIS],
  ['an empty object after it', '{"city": "Paris", "hot": true}\n{}', PARIS],
  ['the same object again', '{"city": "Paris", "hot": true}{"hot":true,"city":"Paris"}', PARIS],
  ['empty objects', '{}{}', {}],
  ['closing marks after it', '{"city": "Paris", "hot": true}]}\n```\n</tool_call>', PARIS],
  ['a closing tag after it', '{"city": "Paris", "hot": True}\n</tool_call>', PARIS],
  ['a number as a string', '{"city": "Paris", "days": "3"}', { city: 'Paris', days: 3 }],
  ['a truth value as a string', '{"city": "Paris", "hot": "true"}', PARIS],
  ['Python’s truth value as a string', '{"city": "Paris", "hot": "True"}', PARIS],
  ['a list as a string', '{"list": "[1]"}', { list: [1] }],
  ['a list of strings as a string', '{"list": "[\\"1\\"]"}', { list: [1] }],
  ['a list with a trailing comma as a string', '{"list": "[1, 2,]"}', { list: [1, 2] }],
  ['a list in a code fence as a string', '{"list": "```json\\n[1]\\n```"}', { list: [1] }],
  ['a Python object as a string', `{"place": "{'hot': True}"}`, { place: { hot: true } }],
  [
    'a Python object as a string in another one',
    JSON.stringify(`{'place': "{'hot': 'True'}", 'list': '[1,]'}`),
    { place: { hot: true }, list: [1] },
  ],
  ['a Python object for any type', `{"any": "{'hot': True}"}`, { any: "{'hot': True}" }],
  ['strings in a list of numbers', '{"list": ["1", "2"]}', { list: [1, 2] }],
  ['a string that does not spell a number', '{"days": "three"}', { days: 'three' }],
  ['a list of words and numbers for a number', '{"days": "[1: 2] or 3"}', { days: '[1: 2] or 3' }],
  ['a string for a string', '{"city": "3"}', { city: '3' }],
  ['a string for any type', '{"any": "[1]"}', { any: '[1]' }],
];

const BROKEN: readonly (readonly [string, string])[] = [
  ['a text', '"gaben"'],
  ['a number', '7'],
  ['a word', '{oops}'],
  ['two objects', '[{"city": "a"}, {"city": "b"}]'],
  ['a string that never ends', '{"city'],
  ['an apostrophe in single quotes', "{'city': 'don't', 'hot': True}"],
  ['single quotes in single quotes', "{'city': 'say 'hi' now'}"],
  ['two objects after an empty one', '{}{"city": "Paris"}{"city": "Rome"}'],
];

/** Texts that begin correctly. */
const BROKEN_LATE: readonly (readonly [string, string])[] = [
  ['a string that is no object', '{"place": "Paris"}'],
  ['an apostrophe in a Python object as a string', `{"place": "{'a': 'don't', 'hot': True}"}`],
  ['a Python list for an object', `{"place": "['hot', True]"}`],
  ['another object after it', '{"city": "Paris"}{"city": "Rome"}'],
  ['words after it', '{"city": "Paris"} is what I look at'],
  ['another argument after it', '{"city": "Paris"}, "hot": true}'],
  ['a path with a name like an escape', String.raw`{"city": "C:\Users\new"}`],
  ['a path with a space', String.raw`{"city": "C:\temp dir\My Files\x"}`],
  ['a character code', String.raw`{"city": "\x41"}`],
  ['a part of a character code', String.raw`{"city": "\u12"}`],
  ['a character code in braces', String.raw`{"city": "\u{1F600}"}`],
  ['NaN', '{"any": NaN}'],
  ['infinity', '{"any": [-Infinity, 1]}'],
  ['a missing value', '{"any": }'],
  ['a key without a value at the end', '{"city": "Paris", "any"'],
  ['omitted members', '{"city": "Paris", ...}'],
  ['omitted items', '{"list": [1, ..., 9]}'],
  ['an omitted value', '{"city": ...}'],
  ['an ellipsis for items', '{"any": ["a", …]}'],
  ['a string in three quotes', '{"city": """a\nb"""}'],
  ['quotes at the end of a string', '{"city": "x", "any": "z"", "hot": true}'],
  ['a path with a backslash at its end', String.raw`{"city": "C:\dir\", "hot": true}`],
];

describe('the arguments of a call', () => {
  it.each(REPAIRED)('are repaired for all chunks: %s', (_title, json, input) => {
    const whole: Made = { name: 'Look', input };
    expect(made([json])).toEqual(whole);
    expect(made(json.split(''))).toEqual(whole);
    for (let at = 1; at < json.length; at++) {
      expect(made([json.slice(0, at), json.slice(at)])).toEqual(whole);
    }
  });

  it.each(BROKEN)('can’t be repaired: %s', (_title, json) => {
    expect(made([json])).toBeUndefined();
    expect(made(json.split(''))).toBeUndefined();
  });

  it.each(BROKEN_LATE)('can’t be repaired after a part was sent: %s', (_title, json) => {
    expect(made([json])).toBe('broken off');
    expect(made(json.split(''))).toBe('broken off');
  });

  it.each([
    ['JSON', '{"count": 12345678901234567890}'],
    ['a list around it', '[{"count": 12345678901234567890}]'],
    ['double encoding', JSON.stringify('{"count": 12345678901234567890}')],
    ['parameters around it', '{"parameters": {"count": 12345678901234567890}}'],
    ['a function', '{"function": {"name": "Look", "arguments": {"count": 12345678901234567890}}}'],
    ['a number as a string', '{"count": "12345678901234567890"}'],
    ['single quotes', "[{'count': 12345678901234567890}]"],
  ])('keep all digits of a long number: %s', (_title, json) => {
    const call = new RepairedCall('toolu_1', 'Look', [{ name: 'Look', inputSchema: SCHEMA }]);
    const events = [...call.push(json), ...(call.end() ?? [])];
    const sent = events.map((event) => (event.type === 'tool-call-delta' ? event.json : ''));
    expect(sent.join('')).toMatch(/^\{"count": *12345678901234567890\}$/);
  });

  it('are never completed in the middle of a value', () => {
    expect(made(['{"city": "Par'])).toBe('broken off');
  });

  it('are shown up to the mistake if a held call is cut off', () => {
    const tools = [{ name: 'Look', inputSchema: SCHEMA }];
    const call = new RepairedCall('toolu_1', 'Look', tools, { held: true });
    call.push('{"city": "Par');
    expect(call.cut()).toMatchObject([{ name: 'Look' }, { json: '{"city": "Par' }]);
    expect(call.cut()).toEqual([]);
  });

  it('are broken if the tool is not the forced one', () => {
    const tools = [{ name: 'Look', inputSchema: SCHEMA }];
    const call = new RepairedCall('toolu_1', 'other', tools, { demanded: true });
    expect(call.push('{}')).toEqual([]);
    expect(call.end()).toBeUndefined();
    expect(call.fault).toBe('other is not the tool to call');
  });

  it('are held back until their end if `held` is set', () => {
    const tools = [{ name: 'Look', inputSchema: SCHEMA }];
    const call = new RepairedCall('toolu_1', 'Look', tools, { held: true });
    expect(call.push('{"city": "Paris", "hot": True}')).toEqual([]);
    expect(call.end()).toMatchObject([
      { name: 'Look' },
      { json: '{"city": "Paris", "hot": true}' },
      { type: 'tool-call-end' },
    ]);
  });

  it.each([
    ["{'hot': True}", 'Look needs the argument "city"'],
    ["{'city': 'a', 'in': {'unit': 'K'}}", 'the argument "in.unit" of Look must be "C" or "F"'],
    ['"gaben"', 'its arguments are not a JSON object'],
  ])('are broken if the tool does not accept the repair of %s', (json, fault) => {
    const unit = { enum: ['C', 'F'] };
    const inputSchema = {
      ...SCHEMA,
      properties: { ...SCHEMA.properties, in: { type: 'object', properties: { unit } } },
      required: ['city'],
    };
    const call = new RepairedCall('toolu_1', 'Look', [{ name: 'Look', inputSchema }]);
    call.push(json);
    expect(call.end()).toBeUndefined();
    expect(call.fault).toBe(fault);
  });

  it('are left to the client if they are JSON that the tool does not accept', () => {
    const inputSchema = { ...SCHEMA, required: ['city'] };
    const call = new RepairedCall('toolu_1', 'Look', [{ name: 'Look', inputSchema }]);
    call.push('{"hot": true}');
    expect(call.end()).toHaveLength(1);
  });

  it('are streamed while they are correct', () => {
    const call = new RepairedCall('toolu_1', 'Look', [{ name: 'Look', inputSchema: SCHEMA }]);
    expect(call.push('{"city": "Par')).toEqual([
      { type: 'tool-call-start', id: 'toolu_1', name: 'Look' },
      { type: 'tool-call-delta', id: 'toolu_1', json: '{"city": "Par' },
    ]);
    expect(call.push('is", ')).toMatchObject([{ json: 'is"' }]);
    expect(call.push('"hot": True}')).toMatchObject([{ json: ', "hot":' }]);
    expect(call.end()).toMatchObject([{ json: ' true}' }, { type: 'tool-call-end' }]);
  });

  it('belong to the one tool whose name differs only in case', () => {
    expect(made(['{"city": "Paris"}'], 'look')).toEqual({ name: 'Look', input: { city: 'Paris' } });
    expect(made(['{"city": "Paris"}'], 'LOOKS')).toMatchObject({ name: 'LOOKS' });
  });

  it('are passed on unchanged for all chunks if they are JSON', () => {
    const cuts = fc.array(fc.nat(60), { maxLength: 8 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), cuts, (input, at) => {
        const json = JSON.stringify(input, null, 1);
        const edges = [0, ...at.toSorted((one, other) => one - other), json.length];
        const pieces = edges.slice(1).map((edge, index) => json.slice(edges[index], edge));
        expect(made(pieces, 'other')).toEqual({ name: 'other', input: JSON.parse(json) });
      }),
    );
  });
});
