import { isDeepStrictEqual } from 'node:util';
import { jsonrepair } from 'jsonrepair';
import { isRecord, parseJson } from '../../core/json.ts';
import { isAmbiguous, lacksLastValue } from './ambiguous.ts';
import { isClosing } from './closing.ts';
import { mendEscapes } from './escapes.ts';
import { JsonPrefix } from './json-prefix.ts';

/** Text that models write around or after arguments. */
const FENCE = '```';
const CLOSING = /<\/(?:tool_call|function|tool)>$/;

/** End of a text with a complete last value. */
const ENDS = /([}\]"'\d]|true|false|null|True|False|None)$/;

/** Empty arguments before the real ones: some servers send `{}` first. */
const EMPTY_BEFORE = /^(?:\s*(?:\{\s*\}|null|None))+(?=\s*\{)/;

/** Removes white space, a code fence and a closing tag around a text. */
export function strip(written: string): string {
  const text = written.trim().replace(CLOSING, '').trim();
  const isFenced = text.length > 2 * FENCE.length && text.startsWith(FENCE) && text.endsWith(FENCE);
  if (!isFenced) return text;
  const inside = text.slice(FENCE.length, -FENCE.length);
  return inside.replace(/^[a-zA-Z]+/, '').trim();
}

/** Returns a JSON text unchanged, or repaired to an object or a list; undefined if it is ambiguous. */
export function repairJson(written: string): string | undefined {
  if (parseJson(written) !== undefined) return written;
  const text = mendEscapes(written.replace(EMPTY_BEFORE, ''));
  if (text === undefined || isAmbiguous(text)) return undefined;
  const prefix = new JsonPrefix(undefined);
  prefix.push(text);
  if (prefix.complete) {
    const rest = text.slice(prefix.released.length);
    const isWhole =
      isClosing(rest) || isDeepStrictEqual(parseJson(rest), parseJson(prefix.released));
    return isWhole ? prefix.released : undefined;
  }
  // The missing part of a value can't be guessed.
  if (prefix.inString || !ENDS.test(text)) return undefined;
  const repaired = tryRepair(text);
  if (repaired === undefined || lacksLastValue(text, repaired)) return undefined;
  const value = parseJson(repaired);
  return isRecord(value) || Array.isArray(value) ? repaired : undefined;
}

function tryRepair(text: string): string | undefined {
  try {
    return jsonrepair(text);
  } catch {
    // The text is too far from JSON.
    return undefined;
  }
}
