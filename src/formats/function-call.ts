import type { ToolSyntax } from './format.ts';
import { readLooseCall } from './repair/loose-call.ts';
import { argumentsPiece } from './shared/calls.ts';
import { JsonScan } from './shared/json-scan.ts';

/** Beginnings of a call as OpenAI's API writes it, in the layouts of models and of JSON printers. */
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
 * A call with a `function` around its name and arguments that is the whole answer: no family is trained
 * on it, but models write it after the requests of OpenAI's API.
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
    const call = isWhole(text) ? readLooseCall(text, tools) : undefined;
    if (call === undefined) return false;
    yield { type: 'call-start', name: call.name };
    yield argumentsPiece(call.json);
    yield { type: 'call-end' };
    return true;
  },
};

/** True if a text is one complete value, in a fence or not. With text after it, it is an example. */
function isWhole(text: string): boolean {
  const json = FENCE.exec(text)?.[1] ?? text;
  const scan = new JsonScan();
  const length = scan.advance(json);
  return scan.complete && json.slice(length).trim() === '';
}
