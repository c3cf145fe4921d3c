import type { JsonObject } from '../core/json.ts';
import type { CallableTool, ChatFormat } from './format.ts';
import { GrammarRules, literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import { condensed } from '../grammar/text-without.ts';

export interface CallGrammarOptions {
  readonly format: ChatFormat;
  /** Callable tools. */
  readonly tools: readonly CallableTool[];
  readonly parallel: boolean;
  /** Called with the reason if a schema could not be compiled. The grammar then accepts any JSON object. */
  readonly onDegraded: (reason: string) => void;
  /** Texts of control tokens to exclude from free text, if nothing else prevents them. */
  readonly excluded?: readonly string[];
}

/** Writes the grammar (GBNF) of the calls after a trigger, with valid arguments. */
export function writeCallGrammar(trigger: string, options: CallGrammarOptions): string {
  const rules = rulesFor(options);
  return rules.write(callExpression(rules, trigger, options));
}

/** Writes the grammar of an answer from its first trigger on. It accepts only calls, each with its trigger. */
export function writeTriggeredGrammar(
  triggers: readonly string[],
  options: CallGrammarOptions,
): string {
  const rules = rulesFor(options);
  return rules.write(oneOf(triggers.map((trigger) => triggered(rules, trigger, options))));
}

/**
 * Writes the grammar of a complete answer with a schema: JSON, or calls if there are tools. At most one line
 * break precedes it, since unbounded white space could use up `max_tokens`.
 *
 * @param mayThink the answer may begin with the opening tag of thinking; no grammar is active from there to
 *   the end of the thinking
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
 * Grammars that force the model to begin thinking or an answer: any text after a first character that is not
 * white space. Before that character, the turn can't end and thinking can't be closed.
 */
export const BEGINNING_GRAMMARS = {
  thoughts: String.raw`root ::= [^ \t\r\n<[] .*`,
  answer: String.raw`root ::= [^ \t\r\n] .*`,
} as const;

/**
 * Creates rules that report a schema they can't enforce.
 *
 * @param answer schema of the complete answer
 */
function rulesFor(
  { tools, onDegraded, excluded = [] }: CallGrammarOptions,
  answer?: JsonObject,
): GrammarRules {
  const degrade = (reason: string, schema: JsonObject): void => {
    const tool = tools.find(({ inputSchema }) => inputSchema === schema);
    const ofTool = tool === undefined ? 'a parameter of a tool' : `the tool ${tool.name}`;
    const whose = schema === answer ? 'the answer' : ofTool;
    onDegraded(`The schema of ${whose} is not enforced completely: ${reason}.`);
  };
  return new GrammarRules(degrade, condensed(excluded));
}

/** Answer in the tags of families that always write them. The closing tag may be an end-of-turn token. */
function taggedAnswer({ answer }: ChatFormat, text: string): string {
  if (answer?.always !== true) return text;
  return `${literal(answer.open)} ${text} ${answer.close === '' ? '' : `${literal(answer.close)}?`}`;
}

/** Expression for calls that each begin with a trigger. */
function triggered(rules: GrammarRules, trigger: string, options: CallGrammarOptions): string {
  return `(${literal(trigger)} ${callExpression(rules, trigger, options)} "\\n"{0,2})+`;
}

function callExpression(
  rules: GrammarRules,
  trigger: string,
  { format, tools, parallel }: CallGrammarOptions,
): string {
  const write = () => format.tools?.grammar(tools, rules, { trigger, parallel });
  return rules.forArguments(write) ?? '.*';
}
