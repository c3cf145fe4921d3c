import { describe, expect, it } from 'vitest';
import { GrammarRules, oneOf } from '../../src/grammar/gbnf.ts';
import { defineSchema } from '../../src/grammar/json-schema.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import { AGENT_TOOLS } from './agent-tools.ts';
import { argumentsOf, validator } from './compile.ts';
import { largeToolset } from './large-toolset.ts';
import { covers } from '../support/covers.ts';

describe('the tools that agents send', () => {
  covers('R3.3-objects', 'R3.3-references', 'R3.3-combined', 'R3.3-fast');

  it.each(AGENT_TOOLS)(
    '$name admits valid arguments and no others',
    async ({ schema, good, bad }) => {
      const { grammar, reasons } = argumentsOf(schema);
      expect(reasons).toEqual([]);
      const admits = await compileGrammar(grammar);
      expect(good.filter((text) => !admits(text))).toEqual([]);
      expect(bad.filter((text) => admits(text))).toEqual([]);
      const isValid = validator(schema);
      expect(good.filter((text) => !isValid(JSON.parse(text)))).toEqual([]);
    },
  );

  it('come to one small grammar: 25 with 60 KB of schemas (bench/ has the time)', async () => {
    const schemas = largeToolset();
    expect(schemas).toHaveLength(25);
    expect(JSON.stringify(schemas).length).toBeGreaterThan(58_000);
    const rules = new GrammarRules();
    const grammar = rules.write(
      rules.forArguments(() => oneOf(schemas.map((schema) => defineSchema(rules, schema)))),
    );
    expect(grammar.length).toBeLessThan(25_000);
    const admits = await compileGrammar(grammar);
    expect(admits('{"command": "ls"}')).toBe(true);
    expect(admits('{"todos_1": []}')).toBe(true);
    expect(admits('{"nothing": 1}')).toBe(false);
  });
});
