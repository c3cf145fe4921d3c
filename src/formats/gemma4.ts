import type { ChatFormat } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import type { Reading, Source } from './shared/reader.ts';
import { argumentsPiece, takeClosing, takeTool } from './shared/calls.ts';
import { GemmaGrammar, QUOTE } from './shared/gemma4-grammar.ts';
import { streamText, toJson } from './shared/parameters.ts';

const OPEN = '<|tool_call>';
const CLOSE = '<tool_call|>';
const CALL = 'call:';

/** Gemma 4: `call:name{key:value,…}`. The quotes around strings are a control token. */
export const gemma4: ChatFormat = {
  name: 'gemma4',
  recognises: (template) => template.includes(OPEN) && template.includes(CALL),
  thinking: { open: '<|channel>thought', close: '<channel|>', later: 'dropped' },
  stray: ['<|channel>', '<channel|>'],
  tools: {
    triggers: [OPEN],
    *read(source, tools) {
      yield* source.skipSpace();
      yield* source.take(CALL, ':');
      const called = yield* takeTool(source, tools, '{');
      if (called === undefined) return false;
      yield { type: 'call-start', name: called.tool.name };
      if (!(yield* readMembers(source))) return true;
      yield { type: 'call-end' };
      yield* takeClosing(source, CLOSE);
      return true;
    },
    grammar(tools, rules) {
      const calls = tools.map(({ name, inputSchema }) => {
        const input = new GemmaGrammar(rules, inputSchema).define(inputSchema, name);
        return rules.define(`call-${name}`, `${literal(name)} ${input}`);
      });
      return `${literal(CALL)} ${oneOf(calls)} ${literal(CLOSE)}`;
    },
  },
};

/** Reads an object after its opening brace and streams it as JSON. Returns false if it is malformed. */
function* readMembers(source: Source): Reading<boolean> {
  yield argumentsPiece('{');
  for (let count = 0; ; count++) {
    yield* source.skipSpace();
    if ((yield* source.take('}')) !== undefined) {
      yield argumentsPiece('}');
      return true;
    }
    if (count > 0 && (yield* source.take(',')) === undefined) return false;
    const key = yield* readKey(source);
    if (key === undefined) return false;
    yield argumentsPiece(`${count === 0 ? '' : ', '}${JSON.stringify(key)}: `);
    if (!(yield* readValue(source))) return false;
  }
}

/** Reads a key, quoted or not, and its colon. */
function* readKey(source: Source): Reading<string | undefined> {
  yield* source.skipSpace();
  const quoted = (yield* source.take(QUOTE)) !== undefined;
  const key = yield* source.readUntil(quoted ? QUOTE : ':');
  if (quoted && (yield* source.take(':')) === undefined) return undefined;
  return key?.text.trim();
}

function* readItems(source: Source): Reading<boolean> {
  yield argumentsPiece('[');
  for (let count = 0; ; count++) {
    yield* source.skipSpace();
    if ((yield* source.take(']')) !== undefined) {
      yield argumentsPiece(']');
      return true;
    }
    if (count > 0) {
      if ((yield* source.take(',')) === undefined) return false;
      yield argumentsPiece(', ');
    }
    if (!(yield* readValue(source))) return false;
  }
}

function* readValue(source: Source): Reading<boolean> {
  yield* source.skipSpace();
  switch (yield* source.take(QUOTE, '{', '[', '"')) {
    case QUOTE:
      return (yield* streamText(source, [QUOTE])) !== undefined;
    case '{':
      return yield* readMembers(source);
    case '[':
      return yield* readItems(source);
    case '"':
      // The model wrote a JSON quote instead of its own.
      source.rewind(source.place - 1);
      return yield* source.streamJson(argumentsPiece);
    default:
      return yield* readBare(source);
  }
}

/** Reads a number, a word, or unquoted text. */
function* readBare(source: Source): Reading<boolean> {
  const bare = yield* source.readUntil(',', '}', ']');
  if (bare === undefined) return false;
  source.rewind(source.place - 1);
  yield argumentsPiece(toJson(bare.text, undefined));
  return true;
}
