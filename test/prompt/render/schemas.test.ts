import { describe, expect, it } from 'vitest';
import type { ChatTemplate } from '../../../src/prompt/render.ts';
import { spellBasic, spellOut } from '../../../src/prompt/spelled-schema.ts';
import type { UnionType } from '../../../src/prompt/spelled-schema.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Conversation } from '../../../src/core/conversation.ts';
import { chatTemplate, TEMPLATES } from '../../support/chat-templates.ts';
import { areTemplatesMissing, REAL_TEMPLATES, realTemplate } from '../../support/real-templates.ts';
import { LOOK_UP } from './conversations.ts';
import { asking, written } from './rendered.ts';
import { covers } from '../../support/covers.ts';

const PLACES: Readonly<Record<string, JsonObject | true>> = {
  'any value': {},
  'any value, as true': true,
  'a union': { type: ['null', 'integer'] },
  alternatives: { anyOf: [{ type: 'null' }, { type: 'string' }] },
  'an enum of all kinds': { enum: ['x', 1, true, null] },
  'a constant': { const: 5 },
  'a list of anything': { type: 'array' },
  'a tuple': { type: 'array', prefixItems: [{ type: 'string' }, true] },
  'a list of unions': { type: 'array', items: { type: ['null', 'integer'] } },
  'a list of alternatives': { type: 'array', items: { oneOf: [{ type: 'null' }, {}] } },
  'a reference': { $ref: '#/$defs/node' },
  'an object': { type: 'object', properties: { deep: { type: 'array', items: {} } } },
};

const SCHEMAS: readonly [string, JsonObject][] = [
  ['nothing', {}],
  ['an empty object', { type: 'object' }],
  ['no properties', { type: 'object', properties: {} }],
  ['further properties', { type: 'object', additionalProperties: { type: 'string' } }],
  ...Object.entries(PLACES).map(([name, place]): [string, JsonObject] => [
    name,
    {
      type: 'object',
      properties: { given: place },
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    },
  ]),
];

function using(inputSchema: JsonObject, description: string): Conversation {
  return {
    system: [],
    turns: [{ role: 'user', parts: [{ kind: 'text', text: 'U' }] }],
    tools: [{ ...LOOK_UP, description, inputSchema }],
  };
}

function expectTools(template: ChatTemplate): void {
  for (const [name, schema] of SCHEMAS) {
    for (const description of ['Looks.', '']) {
      const shown = written(template, asking(using(schema, description))).includes(LOOK_UP.name);
      expect({ name, shown }).toEqual({ name, shown: template.traits.tools });
    }
  }
}

describe('tools with all kinds of schemas', () => {
  covers('R3.2-fallback');

  it.each(Object.keys(TEMPLATES))('are rendered by %s if it supports tools', (name) => {
    expectTools(chatTemplate(name));
  });

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    'are rendered by %s if it supports tools',
    (_name, source) => {
      expectTools(realTemplate(source));
    },
  );
});

const INTEGER_OR_NULL = { anyOf: [{ type: 'integer' }, { type: 'null' }] };
/** More values than a description repeats. */
const LONG = Array.from({ length: 51 }, (_, index) => index);
const ITEM = { type: 'object', properties: { a: { type: 'integer' } } };
const ITEM_OR_TEXT = { anyOf: [ITEM, { type: 'string' }] };

describe('a spelled-out schema', () => {
  covers('R3.2-fallback');

  it.each<[string, JsonObject | true, unknown]>([
    ['any value', {}, {}],
    ['any value, as true', true, {}],
    ['a union', { type: ['null', 'integer'] }, { type: ['null', 'integer'] }],
    ['null', { type: 'null' }, { type: 'null' }],
    ['alternatives', INTEGER_OR_NULL, { type: ['integer', 'null'] }],
    [
      'alternatives with parts',
      { ...ITEM_OR_TEXT, description: 'It.' },
      { description: `It. JSON Schema: ${JSON.stringify(ITEM_OR_TEXT)}` },
    ],
    [
      'an object or null',
      { oneOf: [ITEM, { type: 'null' }], title: 'Item' },
      { ...ITEM, title: 'Item', nullable: true, description: 'May be null.' },
    ],
    ['an enum of texts', { enum: ['x', 'y'] }, { enum: ['x', 'y'], type: 'string' }],
    [
      'an enum of other values',
      { enum: [null, 'x', true], description: 'It.' },
      {
        enum: ['null', 'x', 'true'],
        type: 'string',
        description: 'It. One of null, "x", true.',
      },
    ],
    ['a constant', { const: 5 }, { const: 5, type: 'number', description: 'Always 5.' }],
    ['a long enum', { enum: LONG }, { enum: LONG, type: 'number' }],
    [
      'a list of constants',
      { type: 'array', items: { const: 'x' } },
      {
        type: 'array',
        items: { const: 'x', type: 'string', description: 'Always "x".' },
        description: 'Items: Always "x".',
      },
    ],
    ['a list', { type: 'array' }, { type: 'array', items: {} }],
    [
      'a tuple',
      { prefixItems: [{ type: 'number' }] },
      { prefixItems: [{ type: 'number' }], type: 'array', items: { type: 'number' } },
    ],
    ['a reference', { $ref: '#' }, { $ref: '#' }],
    [
      'a regular schema, which stays the same',
      { type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } } },
      { type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } } },
    ],
  ])('lists the types of %s', (_name, place, expected) => {
    const spelled = spellOut({ type: 'object', properties: { given: place } }, 'list');
    expect(spelled).toEqual({ type: 'object', properties: { given: expected } });
  });

  it.each<[UnionType, JsonObject]>([
    ['list', {}],
    ['none', {}],
    ['any', { type: 'any' }],
    ['first', { type: 'object' }],
  ])('describes unions that have the type “%s”', (union, type) => {
    const several = { type: ['string', 'number', 'object'] };
    expect(spellOut(ITEM_OR_TEXT, union)).toEqual({
      ...type,
      description: JSON.stringify(ITEM_OR_TEXT),
    });
    expect(spellOut(several, 'none')).toEqual({ description: JSON.stringify(several) });
    const integer = { type: 'integer', nullable: true, description: 'May be null.' };
    if (union !== 'list') expect(spellOut(INTEGER_OR_NULL, union)).toEqual(integer);
  });

  const NAMED: readonly [template: string, integer: string, union: string][] = [
    ['openai-gpt-oss-120b', 'given?: integer | null', 'given?: any'],
    ['Apertus-8B-Instruct', 'given?: integer | null', 'given?: any'],
    ['ByteDance-Seed-OSS', 'given (int) [选填]: May be null.', 'given: Any'],
    ['GigaChat3-10B-A1.8B', '// May be null.\n  given?: number', 'given?: any'],
    ['GigaChat3.1-10B-A1.8B', '// May be null.\n  given?: number', 'given?: any'],
    [
      'NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use',
      'given(int): May be null.',
      'given(Union[]): {',
    ],
    [
      'NousResearch-Hermes-3-Llama-3.1-8B-tool_use',
      'given(int): May be null.',
      'given(Union[]): {',
    ],
    [
      'CohereForAI-c4ai-command-r-plus-tool_use',
      'given (Optional[int]): May be null.',
      'given (Optional[Union[]]): {',
    ],
  ];

  it.skipIf(areTemplatesMissing()).each(NAMED)('is a union for %s', (name, integer, union) => {
    const template = realTemplate(REAL_TEMPLATES.get(name) ?? '');
    const shown = (place: JsonObject): string => {
      const schema = {
        type: 'object',
        properties: { given: place },
        $defs: { some: INTEGER_OR_NULL },
      };
      return written(template, asking(using(schema, 'Looks.')));
    };
    expect(shown(INTEGER_OR_NULL)).toContain(integer);
    expect(shown({ type: ['integer', 'null'] })).toContain(integer);
    expect(shown({ $ref: '#/$defs/some' })).toContain(integer);
    expect(shown(ITEM_OR_TEXT)).toContain(union);
    expect(shown(ITEM_OR_TEXT)).toContain('"anyOf":[{"type":"object"');
  });

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    'names null and the types of a list in the prompt of %s if it lists tools',
    (_name, source) => {
      const template = realTemplate(source);
      if (!template.traits.tools) return;
      const shown = (place: JsonObject): string => {
        const schema = { type: 'object', properties: { given: place } };
        const prompt = written(template, asking(using(schema, 'Looks.')));
        return prompt.slice(prompt.lastIndexOf(LOOK_UP.name));
      };
      const list = { type: 'array', items: { anyOf: [{ type: 'boolean' }, { type: 'string' }] } };
      const nulls = [{ type: ['integer', 'null'] }, INTEGER_OR_NULL];
      for (const place of [...nulls, ...nulls.map((items) => ({ type: 'array', items }))]) {
        expect(shown(place)).toMatch(/null|None|Optional/);
      }
      expect(shown(list)).toMatch(/bool/i);
    },
  );

  it('with basic types describes other types in descriptions', () => {
    const list = { type: 'array', description: 'All of them.' };
    const count = { type: 'integer', minimum: 1 };
    expect(spellBasic({ properties: { list, count } })).toEqual({
      type: 'object',
      properties: {
        list: {
          type: 'object',
          description: 'All of them. JSON Schema: {"type":"array","description":"All of them."}',
        },
        count,
      },
    });
  });
});
