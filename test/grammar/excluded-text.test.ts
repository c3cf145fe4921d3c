import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeAnswerGrammar, writeCallGrammar } from '../../src/formats/call-grammar.ts';
import { plain } from '../../src/formats/plain.ts';
import { qwenXml } from '../../src/formats/qwen-xml.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import { propertyRuns } from '../support/property-runs.ts';

const CONTROL = ['<|im_start|>', '<s>', '[INST]', '<tool_call>', '<tool_response>'];

/** Pieces that often make up a control token's text, or nearly. */
const NEARLY = ['<|im_start', '|>', '<', '[', 'INST]', 's>', 'tool_', 'x', ' ', '世', '<<', '\\n'];
const piece = fc.constantFrom(...CONTROL, ...NEARLY, '"');
const TEXTS = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

/** A reader of answers that are held to a schema. */
async function answersTo(schema: JsonObject) {
  const options = { format: plain, tools: [], parallel: true, onDegraded: () => undefined };
  const excluded = CONTROL;
  return compileGrammar(writeAnswerGrammar(schema, false, { ...options, excluded }));
}

const holdsControl = (text: string) => CONTROL.some((control) => text.includes(control));

describe('a grammar for a model whose control tokens are mere text to it', () => {
  it.each<readonly [string, JsonObject, (value: string) => string]>([
    ['a string', { type: 'string' }, (value) => value],
    ['a short string', { type: 'string', maxLength: 200 }, escaped],
    ['a string of a pattern', { type: 'string', pattern: '^[^#]*$' }, escaped],
    [
      'a string that matches somewhere',
      { type: 'string', pattern: 'k' },
      (value) => `${escaped(value)}k`,
    ],
  ])('admits %s exactly if it has none of their texts', async (_what, schema, spell) => {
    const admits = await answersTo(schema);
    fc.assert(
      fc.property(TEXTS, (text) => {
        const json = JSON.stringify(text);
        expect(admits(`${spell(json.slice(0, -1))}"`) || holdsControl(text)).toBe(true);
        if (holdsControl(text)) expect(admits(json)).toBe(false);
      }),
      { numRuns: propertyRuns(300) },
    );
  });

  it('admits the texts that the schema itself has', async () => {
    const admits = await answersTo({ enum: ['a<|im_start|>b'] });
    expect(admits('"a<|im_start|>b"')).toBe(true);
  });

  it('excludes them from names and from nested values', async () => {
    const admits = await answersTo({
      type: 'object',
      properties: { a: { type: 'object' } },
      additionalProperties: { type: 'array', items: { type: 'string' } },
    });
    expect(admits('{"a":{"b":["c"]},"d":["<b>"]}')).toBe(true);
    expect(admits('{"a":{"b":["<s>"]}}')).toBe(false);
    expect(admits('{"a":{"<s>":1}}')).toBe(false);
    expect(admits('{"d":["[INST]"]}')).toBe(false);
    expect(admits('{"<s>":["c"]}')).toBe(false);
  });

  it('excludes them from arguments that are no JSON', async () => {
    const tool = {
      name: 'write',
      inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    } as const;
    const options = {
      format: qwenXml,
      tools: [tool],
      parallel: false,
      onDegraded: () => undefined,
    };
    const grammar = writeCallGrammar('<tool_call>', { ...options, excluded: CONTROL });
    const admits = await compileGrammar(grammar);
    const call = (text: string) =>
      `\n<function=write>\n<parameter=text>\n${text}\n</parameter>\n</function>\n</tool_call>`;
    expect(admits(call('a < b </p'))).toBe(true);
    for (const control of CONTROL) expect(admits(call(`a ${control} b`))).toBe(false);
  });

  it('stays small for a vocabulary of a thousand reserved tokens', async () => {
    const reserved = Array.from({ length: 1000 }, (_, index) => `<SPECIAL_${index}>`);
    const options = { format: plain, tools: [], parallel: true, onDegraded: () => undefined };
    const grammar = writeAnswerGrammar({ type: 'string' }, false, {
      ...options,
      excluded: [...CONTROL, ...reserved],
    });
    expect(grammar.length).toBeLessThan(10_000);
    const admits = await compileGrammar(grammar);
    expect(admits('"<SPECIAL_123>"')).toBe(false);
    expect(admits('"<SPECIES>"')).toBe(true);
  });
});

/** Strings with bounds may have the first character of a control token as an escape only. */
function escaped(json: string): string {
  return json.replaceAll('<', String.raw`\u003c`).replaceAll('[', String.raw`\u005b`);
}
