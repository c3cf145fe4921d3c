import type { ToolSyntax } from './format.ts';
import { takeClosing } from './shared/calls.ts';
import { readNamedCall } from './shared/json-calls.ts';
import { BARE_KEYS, jsonCallStarts } from './llama3.ts';

const FENCE = '```';
const OPENINGS = [`${FENCE}json\n`, `${FENCE}\n`] as const;

/**
 * Call in a code fence that is the complete answer. No family is trained on it, but small coding models write
 * it, such as Qwen 2.5 Coder on Ollama.
 */
export const fencedCall: Omit<ToolSyntax, 'grammar'> = {
  triggers: [],
  triggersAtStart: (tools) =>
    jsonCallStarts(tools).flatMap((start) => OPENINGS.map((opening) => opening + start)),
  *read(source, tools, trigger) {
    const called = tools.find(({ name }) => trigger.endsWith(JSON.stringify(name)));
    if (called === undefined || !(yield* readNamedCall(source, called, BARE_KEYS))) return false;
    if ((yield* takeClosing(source, FENCE)) === undefined) return false;
    yield* source.skipSpace();
    // A call followed by text is an example.
    return !(yield* source.some());
  },
};
