import type { CallableTool, ChatFormat } from './format.ts';
import { literal } from '../grammar/gbnf.ts';
import type { Reading, Source } from './shared/reader.ts';
import { defineJsonCall, defineSpace } from './shared/call-list.ts';
import { readLooseCall } from './repair/loose-call.ts';
import { argumentsPiece, readJsonCall, takeClosing } from './shared/calls.ts';

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';

/** What other families that write `<tool_call>` too have, or that stands for another trigger. */
const OTHERS = ['<function=', '<arg_key>', '<tool_calls>', '<use_mcp_tool>'];

/** Models write `parameters` as well. */
const KEYS = { name: 'name', input: ['arguments', 'parameters'], closing: CLOSE } as const;

/** Beginnings of a call that has to be repaired. */
const BEGINNING = /^[{[`]/;

/**
 * Hermes-style calls, one JSON object in `<tool_call>` tags with `name` and `arguments`, and `<think>`
 * tags: Qwen 2.5 and 3, QwQ, MiMo, Hermes, Reka, Bielik, and the embedded Mini.
 */
export const hermes: ChatFormat = {
  name: 'hermes',
  recognises: (template) =>
    template.includes(OPEN) &&
    /\\?"name\\?":/.test(template) &&
    !OTHERS.some((other) => template.includes(other)),
  thinking: { open: '<think>', close: '</think>' },
  tools: {
    triggers: [OPEN],
    *read(source, tools) {
      const place = source.place;
      if (yield* readJsonCall(source, tools, KEYS)) {
        yield* takeClosing(source, CLOSE);
        return true;
      }
      source.rewind(place);
      return yield* readMalformed(source, tools);
    },
    grammar(tools, rules) {
      const space = defineSpace(rules);
      const call = defineJsonCall(rules, tools, { name: 'name', input: 'arguments' });
      return `${space} ${call} ${space} ${literal(CLOSE)}`;
    },
  },
};

/** Reads a call up to its closing tag that is no correct JSON, or wrapped, if it has one reading. */
function* readMalformed(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  yield* source.skipSpace();
  if (!BEGINNING.test(source.rest)) return false;
  const found = yield* source.readUntil(CLOSE);
  if (found === undefined && source.cut) return false;
  const text = found?.text ?? source.rest;
  if (found === undefined) source.skip(text.length);
  const call = readLooseCall(text, tools);
  if (call === undefined) return false;
  yield { type: 'call-start', name: call.name };
  yield argumentsPiece(call.json);
  yield { type: 'call-end' };
  return true;
}
