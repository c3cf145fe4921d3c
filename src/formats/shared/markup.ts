import type { CallableTool, GrammarOptions, ToolSyntax } from '../format.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import type { Reading, Source } from './reader.ts';
import { takeClosing, takeTool } from './calls.ts';
import { defineParameters } from './parameter-grammar.ts';
import { readParameters } from './parameters.ts';
import type { ParameterSyntax } from './parameter-syntax.ts';

/** Syntax of calls as markup, such as `<function=n>` with its parameters in `<tool_call>`. */
export interface MarkupSyntax {
  readonly open: string;
  readonly close: string;
  /** Text before a tool's name. */
  readonly callOpen: string;
  /** Text after a tool's name. */
  readonly nameEnd: string;
  readonly parameters: ParameterSyntax;
  /** One block may contain several calls. */
  readonly several: boolean;
  /** Models sometimes leave out `open`, and begin with `callOpen`. */
  readonly mayStartBare: boolean;
  /** Tags that models sometimes write in place of `open` and `close`. */
  readonly otherTags?: { readonly open: string; readonly close: string };
}

/** Creates the syntax of calls as markup, with each element on a line of its own. */
export function markupTools(markup: MarkupSyntax): ToolSyntax {
  const { open, close, callOpen, otherTags } = markup;
  const closings = [close, ...(otherTags === undefined ? [] : [otherTags.close])];
  const parameters = { ...markup.parameters, afterEnd: [callOpen, ...closings] };
  const openings = [open, ...(otherTags === undefined ? [] : [otherTags.open])];
  const syntax = { ...markup, parameters };
  return {
    triggers: syntax.mayStartBare ? [...openings, callOpen] : openings,
    closings: [...closings, parameters.end],
    read: (source, tools, trigger) => readMarkup(source, tools, trigger, syntax),
    grammar: (tools, rules, options) => writeGrammar(tools, rules, options, syntax),
  };
}

function* readMarkup(
  source: Source,
  tools: readonly CallableTool[],
  trigger: string,
  { callOpen, nameEnd, close, otherTags, parameters }: MarkupSyntax,
): Reading<boolean> {
  if (trigger !== callOpen) {
    yield* source.skipSpace();
    if ((yield* source.take(callOpen)) === undefined) return false;
  }
  let read = false;
  for (;;) {
    const called = yield* takeTool(source, tools, nameEnd);
    if (called === undefined) return read;
    yield { type: 'call-start', name: called.tool.name };
    read = true;
    if (!(yield* readParameters(source, called.tool, parameters))) return true;
    if ((yield* takeClosing(source, callOpen, close, otherTags?.close ?? close)) !== callOpen)
      return true;
  }
}

function writeGrammar(
  tools: readonly CallableTool[],
  rules: GrammarRules,
  { trigger, parallel }: GrammarOptions,
  { callOpen, nameEnd, close, otherTags, parameters, several }: MarkupSyntax,
): string {
  const named = oneOf(
    tools.map((tool) =>
      rules.define(
        `call-${tool.name}`,
        `${literal(`${tool.name}${nameEnd}\n`)} ${defineParameters(rules, tool, parameters)} ${literal(parameters.end)}`,
      ),
    ),
  );
  const isOther = trigger === otherTags?.open;
  const end = literal(`\n${isOther ? otherTags.close : close}`);
  const call = `${literal(callOpen)} ${named}`;
  const more = several && parallel ? ` ("\\n" ${call})*` : '';
  if (trigger === callOpen) return `${named}${more} (${end})?`;
  return `"\\n"? ${call}${more} ${end}`;
}
