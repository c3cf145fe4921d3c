import type { CallableTool, ChatFormat } from './format.ts';
import { literal } from '../grammar/gbnf.ts';
import type { Reading, Source } from './shared/reader.ts';
import { defineJsonCall, defineSpace } from './shared/call-list.ts';
import { readLooseCall } from './repair/loose-call.ts';
import { argumentsPiece, takeClosing } from './shared/calls.ts';
import { readJsonCall } from './shared/json-calls.ts';

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';

/** Texts in templates of other families with `<tool_call>`. */
const OTHERS = ['<function=', '<arg_key>', '<tool_calls>', '<use_mcp_tool>', '<response>'];

/** Keys of a call. Models also write `parameters`. */
const KEYS = { name: 'name', input: ['arguments', 'parameters'], closing: CLOSE } as const;

/** Beginning of a call that may be repaired. */
const BEGINNING = /^[{[`]/;

/**
 * Hermes: one JSON object with `name` and `arguments` in `<tool_call>` tags, and `<think>` tags. Used by Qwen
 * 2.5 and 3, QwQ, MiMo, Hermes, Reka, Bielik, EXAONE 4, Falcon-H1, Granite 4, Ling 2, and the embedded Mini.
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
    closings: [CLOSE],
    // Templates write the call on a line of its own.
    forced: `${OPEN}\n`,
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

/** Reads a malformed or wrapped call up to its closing tag, if it is unambiguous. */
function* readMalformed(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  yield* source.skipSpace();
  if (!BEGINNING.test(source.rest)) return false;
  const found = yield* source.readUntil(CLOSE);
  if (found === undefined && source.cut) return false;
  const text = found?.text ?? source.rest;
  if (found === undefined) source.skip(text.length);
  const call = readLooseCall(text, tools, true);
  if (call === undefined) return false;
  yield { type: 'call-start', name: call.name };
  yield argumentsPiece(call.json);
  yield { type: 'call-end' };
  return true;
}
