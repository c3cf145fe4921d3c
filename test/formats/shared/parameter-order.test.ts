import { describe, expect, it } from 'vitest';
import type { ChatFormat } from '../../../src/formats/format.ts';
import { commandR } from '../../../src/formats/command-r.ts';
import { deepseekR1 } from '../../../src/formats/deepseek.ts';
import { glm45 } from '../../../src/formats/glm.ts';
import { harmony } from '../../../src/formats/harmony.ts';
import { lfm2 } from '../../../src/formats/lfm2.ts';
import { qwenXml } from '../../../src/formats/qwen-xml.ts';
import { compileCalls } from '../native-grammar.ts';
import { callSections } from '../read-output.ts';
import { covers } from '../../support/covers.ts';

const numbers = (names: readonly string[], required: readonly string[]) => [
  {
    name: 'set',
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'integer' }])),
      required: [...required],
      additionalProperties: false,
    },
  },
];

/** Call with these parameters, in this order. */
const call = (names: string) =>
  `\n<function=set>\n${names
    .split('')
    .map((name) => `<parameter=${name}>\n1\n</parameter>\n`)
    .join('')}</function>\n</tool_call>`;

/** Names of all parameters, the required ones, orders that the grammar accepts, and others. */
const ORDERS: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['abc', 'a', ['a', 'ba', 'cba', 'acb', 'bca'], ['', 'b', 'cb', 'aa', 'aba', 'abcb', 'ad']],
  ['abc', '', ['', 'c', 'ba', 'cab'], ['bb', 'abca']],
  [
    'abcdefghijk',
    'bj',
    ['bj', 'jb', 'ajcb', 'jabk', 'bcdj', 'bjdc', 'kjihgfedcba'],
    ['ab', 'bcj'.repeat(2), 'jbb', 'bjcdc'],
  ],
  [
    'abcdefghijk',
    'abcdefgh',
    ['abcdefgh', 'abcdefghk', 'bacdefgh', 'kjihgfedcba'],
    ['abcdefg', 'abcdefghkk'],
  ],
  // Of more than eleven, the last optional ones (l to r) may be repeated.
  [
    'abcdefghijklmnopqr',
    'abc',
    ['abc', 'cba', 'rqponmlkjihgfedcba', 'rabcq', 'acbfedihglkjonmrqp'],
    ['ab', 'abrq', 'abcabc', 'abcdd', 'rr'],
  ],
  ['abcdefghijklmn', '', ['', 'n', 'nmlkjihgfedcba', 'nan'], ['aa', 'nana']],
  // Of more than eleven required ones, every sixth keeps its order.
  [
    'abcdefghijklmnop',
    'abcdefghijklmn',
    ['abcdefghijklmn', 'fedcbalkjihgnm', 'pabcdefghijklmn', 'bacdefghijklmnop'],
    ['abcdefghijklm', 'gbcdefahijklmn', 'aabcdefghijklmn'],
  ],
];

describe('the grammar of parameters in tags', () => {
  covers('R3.1-valid');

  it.each(ORDERS)(
    'of %s with %j required admits %j and no %j',
    async (all, required, good, bad) => {
      const tools = numbers(all.split(''), required.split('').filter(Boolean));
      const admits = await compileCalls(qwenXml, tools, { trigger: '<tool_call>', parallel: true });
      expect(good.filter((names) => !admits(call(names)))).toEqual([]);
      expect(bad.filter((names) => admits(call(names)))).toEqual([]);
    },
  );
});

const TOOLS = [
  {
    name: 'set',
    inputSchema: {
      type: 'object',
      properties: {
        on: { type: 'boolean' },
        name: { type: 'string', description: 'Any.' },
        unit: { type: 'string', enum: ['km', 'mi'] },
        more: { type: 'object', properties: { off: { type: ['boolean', 'null'] } } },
      },
      required: ['on'],
      additionalProperties: false,
    },
  },
];

/** Layouts that models write although their templates do not. */
const LAYOUTS: readonly (readonly [string, ChatFormat, string])[] = [
  [
    'Python constants inside of values',
    lfm2,
    '<|tool_call_start|>[set(on=True, more={"off": None})]<|tool_call_end|>',
  ],
  [
    'texts in single quotes in Python calls',
    lfm2,
    String.raw`<|tool_call_start|>[set(on=True, name='It\'s "it"', unit='km')]<|tool_call_end|>`,
  ],
  [
    'JSON constants in Python calls',
    lfm2,
    '<|tool_call_start|>[set(on=true, more={"off": null})]<|tool_call_end|>',
  ],
  [
    'a fence that ends on the line of the arguments',
    deepseekR1,
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>set\n```json\n{"on": true}```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
  ],
  [
    'a list that is not indented',
    commandR,
    'Action:\n```json\n[{"tool_name": "set", "parameters": {"on": true}}]\n```',
  ],
  [
    'calls without line breaks',
    glm45,
    '<tool_call>set<arg_key>on</arg_key><arg_value>true</arg_value></tool_call>',
  ],
  [
    'calls on the channel of thinking',
    harmony,
    '<|channel|>analysis to=functions.set <|constrain|>json<|message|>{"on": true}',
  ],
];

describe('the grammar of calls', () => {
  covers('R3.1-valid');

  it.each(LAYOUTS)('admits %s', async (_title, format, output) => {
    const [section] = callSections(format, output, { tools: TOOLS });
    const { trigger, text } = section ?? { trigger: '', text: '' };
    const admits = await compileCalls(format, TOOLS, { trigger, parallel: true });
    expect([admits(text), admits(text.replace(/true|True/, '17'))]).toEqual([true, false]);
  });
});
