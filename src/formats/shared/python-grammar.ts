import type { JsonObject } from '../../core/json.ts';
import type { CallableTool } from '../format.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import { parametersOf, standalone, takesAnything } from './parameter-schemas.ts';
import type { Parameter } from './parameter-schemas.ts';

const SEPARATOR = '", "';

/** Defines a rule for a Python call of a tool with keyword arguments, `name(key=value, …)`. */
export function definePythonCall(rules: GrammarRules, tool: CallableTool, open = '('): string {
  const inside = takesAnything(tool) ? anyArguments(rules) : listedArguments(rules, tool);
  const body = `${literal(tool.name + open)} ${inside} ")"`;
  return rules.define(`python-${tool.name}`, body);
}

function anyArguments(rules: GrammarRules): string {
  const one = rules.define('any-argument', `[a-zA-Z_] [a-zA-Z0-9_]* "=" ${valueOf(rules, {})}`);
  return `(${one} (${SEPARATOR} ${one})*)?`;
}

/** Expression for arguments in schema order. Each rule describes the rest after the earlier arguments. */
function listedArguments(rules: GrammarRules, tool: CallableTool): string {
  const { first } = parametersOf(tool).reduceRight(
    (rest, parameter) => {
      const argument = defineArgument(rules, tool, parameter);
      const begins = `${argument} ${rest.further}`;
      const goesOn = `${SEPARATOR} ${argument}`;
      const name = `${tool.name}-${parameter.name}`;
      return parameter.required
        ? {
            first: rules.define(`${name}-first`, begins),
            further: rules.define(`${name}-further`, `${goesOn} ${rest.further}`),
          }
        : {
            first: rules.define(`${name}-first`, `${begins} | ${rest.first}`),
            further: rules.define(`${name}-further`, `(${goesOn})? ${rest.further}`),
          };
    },
    { first: '""', further: '""' },
  );
  return first;
}

function defineArgument(rules: GrammarRules, tool: CallableTool, parameter: Parameter): string {
  const values = parameter.schemas.map((schema) =>
    valueOf(rules, standalone(schema, tool.inputSchema)),
  );
  const body = `${literal(`${parameter.name}=`)} ${oneOf(values)}`;
  return rules.define(`${tool.name}-${parameter.name}`, body);
}

/** Expression for a value. Models trained on Python write its constants. */
function valueOf(rules: GrammarRules, schema: JsonObject): string {
  return rules.withPython(() => defineSchema(rules, schema));
}
