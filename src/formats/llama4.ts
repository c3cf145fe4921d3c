import type { CallableTool, ChatFormat, ToolSyntax } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { textWithout } from '../grammar/text-without.ts';
import type { Reading, Source } from './shared/reader.ts';
import { takeClosing } from './shared/calls.ts';
import { defineCall, furtherCalls, llama3Tools, readMarkedCalls } from './llama3.ts';
import { pythonicTools } from './pythonic.ts';

const OPEN = '<|python_start|>';
const CLOSE = '<|python_end|>';

const tools: ToolSyntax = {
  ...llama3Tools,
  triggers: [OPEN],
  closings: [CLOSE],
  *read(source, callable, trigger) {
    const place = source.place;
    if (yield* readMarked(source, callable, trigger)) return true;
    if (trigger !== OPEN || source.starved) return false;
    source.rewind(place);
    yield* source.streamUntil([CLOSE], (text) => ({ type: 'text', text }));
    return true;
  },
  grammar(callable, rules, options) {
    if (options.trigger !== OPEN) {
      return `${llama3Tools.grammar(callable, rules, options)} ${literal(CLOSE)}?`;
    }
    const further = options.parallel ? furtherCalls(rules, callable) : '';
    const objects = `${literal(CLOSE)}? ${defineCall(rules, callable)} ${further} ${literal(CLOSE)}?`;
    const text = `[^{\\[< \\n\\t] ${textWithout(rules, CLOSE)} ${literal(CLOSE)}`;
    return oneOf([objects, pythonicTools.grammar(callable, rules, options), text]);
  },
};

function* readMarked(
  source: Source,
  callable: readonly CallableTool[],
  trigger: string,
): Reading<boolean> {
  if (trigger === OPEN) yield* takeClosing(source, CLOSE);
  if (!(yield* readCalls(source, callable, trigger))) return false;
  yield* takeClosing(source, CLOSE);
  return true;
}

function* readCalls(
  source: Source,
  callable: readonly CallableTool[],
  trigger: string,
): Reading<boolean> {
  if (trigger !== OPEN) return yield* llama3Tools.read(source, callable, trigger);
  yield* source.skipSpace();
  if (source.rest.startsWith('[')) return yield* pythonicTools.read(source, callable, trigger);
  return yield* readMarkedCalls(source, callable);
}

/**
 * Llama 4 with calls as JSON: those of Llama 3, alone, or between or after `<|python_start|>` and
 * `<|python_end|>`. There they may be a Python list, which its pythonic template teaches, or text before calls.
 */
export const llama4: ChatFormat = {
  name: 'llama4',
  recognises: (template) =>
    template.includes('<|header_start|>ipython') && template.includes('"parameters": '),
  tools,
};

/** The calls with marks in the text of a server. */
export const leakedLlama4: Omit<ToolSyntax, 'grammar'> = {
  triggers: [OPEN],
  closings: [CLOSE],
  read: readMarked,
};
