import type { ToolSyntax } from '../format.ts';

/**
 * Syntax that reads calls in several syntaxes. Calls are demanded, written and taught in the first one, and it goes
 * before the others if they share a trigger.
 */
export function joinedTools(first: ToolSyntax, ...others: readonly ToolSyntax[]): ToolSyntax {
  const syntaxes = new Map<string, ToolSyntax>();
  for (const syntax of [first, ...others].toReversed()) {
    for (const trigger of syntax.triggers) syntaxes.set(trigger, syntax);
  }
  const ofTrigger = (trigger: string) => syntaxes.get(trigger) ?? first;
  return {
    ...first,
    triggers: [...new Set([first, ...others].flatMap(({ triggers }) => triggers))],
    closings: [...new Set([first, ...others].flatMap(({ closings = [] }) => closings))],
    read: (source, tools, trigger) => ofTrigger(trigger).read(source, tools, trigger),
    grammar: (tools, rules, options) => ofTrigger(options.trigger).grammar(tools, rules, options),
  };
}
