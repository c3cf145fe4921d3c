import type { ToolSyntax } from './format.ts';
import { readLooseCall } from './repair/loose-call.ts';
import { argumentsPiece } from './shared/calls.ts';
import { JsonScan } from './shared/json-scan.ts';

/** Beginnings of a call in the form of OpenAI's API, in the layouts of models and JSON printers. */
const STARTS = [
  '{"type": "function", "function": ',
  '{"type":"function","function":',
  '{\n  "type": "function",\n  "function": ',
  '{\n    "type": "function",\n    "function": ',
  '{"function": {',
  '{"function":{',
] as const;

/** Texts that may open an answer before the call. */
const OPENINGS = ['', '[', '```json\n', '```\n'] as const;

const FENCE = /^```(?:json)?\n([^]*)```\s*$/;

/**
 * Call with a `function` object around its name and arguments that is the complete answer. No family is
 * trained on it, but models imitate the form of OpenAI's API.
 */
export const functionCall: Omit<ToolSyntax, 'grammar'> = {
  triggers: [],
  triggersAtStart: () => OPENINGS.flatMap((opening) => STARTS.map((start) => opening + start)),
  *read(source, tools, trigger) {
    let text = trigger;
    while (yield* source.some()) {
      text += source.rest;
      source.skip(source.rest.length);
    }
    const call = isWhole(text) ? readLooseCall(text, tools, false) : undefined;
    if (call === undefined) return false;
    yield { type: 'call-start', name: call.name };
    yield argumentsPiece(call.json);
    yield { type: 'call-end' };
    return true;
  },
};

/** Returns true if a text is one JSON value, possibly in a fence. A call followed by text is an example. */
function isWhole(text: string): boolean {
  const json = FENCE.exec(text)?.[1] ?? text;
  const scan = new JsonScan();
  const length = scan.advance(json);
  return scan.complete && json.slice(length).trim() === '';
}
