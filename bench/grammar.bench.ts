import { bench, describe } from 'vitest';
import { startLlama } from '../src/backends/local/model/native-llama.ts';
import { GrammarRules, oneOf } from '../src/grammar/gbnf.ts';
import { defineSchema } from '../src/grammar/json-schema.ts';
import { largeToolset } from '../test/grammar/large-toolset.ts';

const { llama } = await startLlama();
const schemas = largeToolset();

function writeGrammar(): string {
  const rules = new GrammarRules();
  return rules.write(
    rules.forArguments(() => oneOf(schemas.map((schema) => defineSchema(rules, schema)))),
  );
}

// The aim is 20 ms for both together.
describe(`${schemas.length} tools, ${JSON.stringify(schemas).length} bytes of schemas`, () => {
  bench('JSON Schema to GBNF', () => {
    writeGrammar();
  });

  bench('and compiled by llama.cpp', async () => {
    await llama.createGrammar({ grammar: writeGrammar() });
  });
});
