import type { CallableTool } from '../../src/formats/format.ts';
import type { JsonObject } from '../../src/core/json.ts';

/** Part that a parser has to find in an output, with adjacent pieces of one kind joined. */
export type Found =
  | { readonly text: string }
  | { readonly thinking: string }
  | { readonly call: string; readonly input: JsonObject }
  | { readonly call: string; readonly cut: true };

export const TOOLS: readonly CallableTool[] = [
  {
    name: 'get_weather',
    inputSchema: {
      type: 'object',
      properties: {
        city: { type: 'string' },
        days: { type: 'integer' },
        unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
      },
      required: ['city'],
      additionalProperties: false,
    },
  },
  { name: 'ping', inputSchema: { type: 'object', properties: {}, additionalProperties: false } },
  {
    name: 'plan',
    inputSchema: {
      type: 'object',
      properties: {
        items: {
          type: 'array',
          items: {
            type: 'object',
            properties: { title: { type: 'string' }, done: { type: 'boolean' } },
            required: ['title', 'done'],
            additionalProperties: false,
          },
        },
        options: {
          type: 'object',
          properties: {
            retries: { type: 'integer' },
            tags: { type: 'array', items: { type: 'string' } },
          },
          additionalProperties: false,
        },
      },
      required: ['items'],
      additionalProperties: false,
    },
  },
  {
    name: 'save',
    inputSchema: {
      type: 'object',
      properties: { path: { type: 'string' }, content: { type: 'string' } },
      required: ['path', 'content'],
      additionalProperties: false,
    },
  },
];

/** Contents that every family has to be able to write. `as-written` means that the complete output is text. */
export const SCENARIOS = {
  'plain text': [{ text: 'Hello, world.\nIt is a fine day.' }],
  'text + call': [
    { text: 'Let me look that up.' },
    { call: 'get_weather', input: { city: 'Paris', days: 3, unit: 'celsius' } },
  ],
  'two calls': [
    { call: 'get_weather', input: { city: 'Paris' } },
    { call: 'get_weather', input: { city: 'Rome', days: 2 } },
  ],
  'no arguments': [{ call: 'ping', input: {} }],
  'nested arguments': [
    {
      call: 'plan',
      input: {
        items: [
          { title: 'Draft', done: false },
          { title: 'Ship', done: true },
        ],
        options: { retries: 2, tags: ['a', 'b'] },
      },
    },
  ],
  'optional left out': [{ call: 'get_weather', input: { city: 'Oslo', unit: 'fahrenheit' } }],
  unicode: [{ call: 'get_weather', input: { city: 'Zürich 東京 🗼' } }],
  'quotes and newlines': [
    {
      call: 'save',
      input: {
        path: String.raw`C:\notes\a.js`,
        content: 'if (a < b) {\n\tsay("hi \\ there");\n}',
      },
    },
  ],
  'thinking + call': [
    { thinking: 'The user wants the weather.' },
    { call: 'get_weather', input: { city: 'Paris' } },
  ],
  'looks like a call': 'as-written',
  'cut-off call': [{ call: 'get_weather', cut: true }],
} as const satisfies Readonly<Record<string, readonly Found[] | 'as-written'>>;

export type ScenarioName = keyof typeof SCENARIOS;

export const SCENARIO_NAMES: readonly ScenarioName[] = [
  'plain text',
  'text + call',
  'two calls',
  'no arguments',
  'nested arguments',
  'optional left out',
  'unicode',
  'quotes and newlines',
  'thinking + call',
  'looks like a call',
  'cut-off call',
];
