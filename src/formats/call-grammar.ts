import type { JsonObject } from '../core/json.ts';
import type { CallableTool, ChatFormat } from './format.ts';
import { GrammarRules, literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import { condensed } from '../grammar/text-without.ts';

export interface CallGrammarOptions {
  readonly format: ChatFormat;
  /** The tools that may be called. */
  readonly tools: readonly CallableTool[];
  readonly parallel: boolean;
  /** Told which schema could not be compiled, and why; any JSON object is admitted in its place. */
  readonly onDegraded: (reason: string) => void;
  /** Texts that no free text may contain: of control tokens, where nothing else keeps these out. */
  readonly excluded?: readonly string[];
}

/** The grammar (GBNF) of what follows a trigger: calls whose arguments are valid. */
export function writeCallGrammar(trigger: string, options: CallGrammarOptions): string {
  const rules = rulesFor(options);
  return rules.write(callExpression(rules, trigger, options));
}

/** The grammar of an answer from the first of its triggers on: calls, trigger by trigger, and nothing else. */
export function writeTriggeredGrammar(
  triggers: readonly string[],
  options: CallGrammarOptions,
): string {
  const rules = rulesFor(options);
  return rules.write(oneOf(triggers.map((trigger) => triggered(rules, trigger, options))));
}

/**
 * The grammar of a whole answer that is held to a schema: JSON, or calls where there are tools. At most one
 * line break precedes it: unbounded white space could use up all of `max_tokens`.
 *
 * @param mayThink the answer may still begin with the opening tag of thinking, behind which no grammar
 *   holds until the thinking has ended
 */
export function writeAnswerGrammar(
  schema: JsonObject,
  mayThink: boolean,
  options: CallGrammarOptions,
): string {
  const { format, tools } = options;
  const rules = rulesFor(options, schema);
  const answers = [taggedAnswer(format, defineSchema(rules, schema))];
  if (tools.length > 0) {
    const atStart = format.tools?.triggersAtStart?.(tools) ?? [];
    for (const trigger of [...(format.tools?.triggers ?? []), ...atStart]) {
      answers.push(triggered(rules, trigger, options));
    }
  }
  if (mayThink && format.thinking !== undefined) answers.push(literal(format.thinking.open));
  return rules.write(`"\\n"? ${oneOf(answers)}`);
}

/**
 * The grammar of thoughts or of an answer that has to begin: any text after a first character that is no white
 * space. A turn can't end before that character, and thoughts can't be closed.
 */
export const BEGINNING_GRAMMARS = {
  thoughts: String.raw`root ::= [^ \t\r\n<[] .*`,
  answer: String.raw`root ::= [^ \t\r\n] .*`,
} as const;

/**
 * Rules that report which schema they do not hold.
 *
 * @param answer the schema that a whole answer is held to
 */
function rulesFor(
  { tools, onDegraded, excluded = [] }: CallGrammarOptions,
  answer?: JsonObject,
): GrammarRules {
  const degrade = (reason: string, schema: JsonObject): void => {
    const tool = tools.find(({ inputSchema }) => inputSchema === schema);
    const ofTool = tool === undefined ? 'a parameter of a tool' : `the tool ${tool.name}`;
    const whose = schema === answer ? 'the answer' : ofTool;
    onDegraded(`The schema of ${whose} is not held as it is: ${reason}.`);
  };
  return new GrammarRules(degrade, condensed(excluded));
}

/** An answer in the tags that the family puts around every one; the closing one may end the turn. */
function taggedAnswer({ answer }: ChatFormat, text: string): string {
  if (answer?.always !== true) return text;
  return `${literal(answer.open)} ${text} ${answer.close === '' ? '' : `${literal(answer.close)}?`}`;
}

/** Calls that each begin with a trigger. */
function triggered(rules: GrammarRules, trigger: string, options: CallGrammarOptions): string {
  return `(${literal(trigger)} ${callExpression(rules, trigger, options)} "\\n"{0,2})+`;
}

function callExpression(
  rules: GrammarRules,
  trigger: string,
  { format, tools, parallel }: CallGrammarOptions,
): string {
  return format.tools?.grammar(tools, rules, { trigger, parallel }) ?? '.*';
}
