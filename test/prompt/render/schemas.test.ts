import { describe, expect, it } from 'vitest';
import type { ChatTemplate } from '../../../src/prompt/render.ts';
import { spellBasic, spellOut } from '../../../src/prompt/spelled-schema.ts';
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

describe('a spelled-out schema', () => {
  covers('R3.2-fallback');

  it.each<[string, JsonObject | true, unknown]>([
    ['any value', {}, { type: 'string' }],
    ['any value, as true', true, { type: 'string' }],
    ['a union', { type: ['null', 'integer'] }, { type: 'integer' }],
    ['null', { type: 'null' }, { type: 'null' }],
    [
      'alternatives',
      { anyOf: [{ type: 'null' }, { type: 'number' }] },
      { anyOf: [{ type: 'null' }, { type: 'number' }], type: 'number' },
    ],
    ['an enum', { enum: [null, 'x', true] }, { enum: ['null', 'x', 'true'], type: 'string' }],
    ['a constant', { const: 5 }, { const: 5, type: 'number' }],
    ['a list', { type: 'array' }, { type: 'array', items: { type: 'string' } }],
    [
      'a tuple',
      { prefixItems: [{ type: 'number' }] },
      { prefixItems: [{ type: 'number' }], type: 'array', items: { type: 'number' } },
    ],
    ['a reference', { $ref: '#' }, { $ref: '#', type: 'object' }],
    [
      'a regular schema, which stays the same',
      { type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } } },
      { type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } } },
    ],
  ])('names one type for %s', (_name, place, expected) => {
    const spelled = spellOut({ type: 'object', properties: { given: place } });
    expect(spelled).toEqual({ type: 'object', properties: { given: expected } });
  });

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
