import { deltas } from '../../core/events.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { GenerationMiddleware } from '../middleware.ts';

/** End of a JSON text that may be part of an escape, or of a pair of escapes. */
const CUT_ESCAPE =
  /^\\(?:u(?:[\da-fA-F]{0,3}|[dD][89abAB][\da-fA-F]{2}(?:\\(?:u[\da-fA-F]{0,3})?)?))?$/;
const LONGEST_CUT = '\\ud83d\\ude0'.length;
/** Escapes of JSON: a pair of surrogates, a lone one, and any other. Only a lone surrogate has `LONE_LENGTH`. */
const ESCAPES =
  /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}|\\[^]/g;
/** Bytes of an incomplete character of UTF-8. */
const MOST_INCOMPLETE_BYTES = 3;
const LONE_LENGTH = '\\ud83d'.length;

/**
 * Middleware that replaces each lone surrogate in texts, names and arguments by U+FFFD. Half a character
 * can't be encoded as UTF-8, so a client could neither print it nor send it back. A pair that arrives in
 * two pieces is sent as one. At the end of a text that its limit has cut, an incomplete character is left
 * out: half a pair, and the U+FFFD that a server writes for incomplete bytes.
 */
export const wellFormed: GenerationMiddleware = (next) => (request, context) =>
  wellFormedEvents(next(request, context));

async function* wellFormedEvents(
  events: AsyncIterable<GenerationEvent>,
): AsyncGenerator<GenerationEvent> {
  const texts = new Pieces(cutOfText, repairText);
  const calls = new Map<string, Pieces>();
  let last: 'text-delta' | 'thinking-delta' = 'text-delta';
  for await (const event of events) {
    const { type } = event;
    if (isCutFinish(event)) texts.drop();
    else if (type !== last && type !== 'progress') yield* deltas(last, texts.end());
    switch (type) {
      case 'text-delta':
      case 'thinking-delta':
        last = type;
        yield* deltas(type, texts.push(event.text));
        break;
      case 'tool-call-start':
        calls.set(event.id, new Pieces(cutOfJson, repairJson));
        yield { ...event, name: event.name.toWellFormed() };
        break;
      case 'tool-call-delta':
        yield* jsonEvents(event.id, calls.get(event.id)?.push(event.json) ?? event.json);
        break;
      case 'tool-call-end':
        yield* jsonEvents(event.id, calls.get(event.id)?.end() ?? '');
        yield event;
        break;
      default:
        yield event;
    }
  }
}

function jsonEvents(id: string, json: string): GenerationEvent[] {
  return json === '' ? [] : [{ type: 'tool-call-delta', id, json }];
}

function repairText(text: string): string {
  return text.toWellFormed();
}

function repairJson(json: string): string {
  return json
    .toWellFormed()
    .replace(ESCAPES, (escape) => (escape.length === LONE_LENGTH ? '\\ufffd' : escape));
}

/** Returns true for the finish of an answer that a limit of tokens may have cut within a character. */
function isCutFinish(event: GenerationEvent): boolean {
  return (
    event.type === 'finish' &&
    (event.reason === 'max-tokens' || event.reason === 'context-exceeded')
  );
}

/** Like `halfOfPair`, and for the U+FFFD of incomplete bytes; some servers write one for each byte. */
function cutOfText(text: string): number {
  const end = halfOfPair(text);
  let at = end;
  while (end - at < MOST_INCOMPLETE_BYTES && text[at - 1] === '\uFFFD') at--;
  return at;
}

/** Index of half a character at the end of a text; its length if there is none. */
function halfOfPair(text: string): number {
  return /[\uD800-\uDBFF]/.test(text.slice(-1)) ? text.length - 1 : text.length;
}

/** Like `halfOfPair`, for JSON, in which an escape may be cut at any character. */
function cutOfJson(json: string): number {
  for (let at = Math.max(0, json.length - LONGEST_CUT); at < json.length; at++) {
    if (CUT_ESCAPE.test(json.slice(at)) && isEscape(json, at)) return at;
  }
  return halfOfPair(json);
}

/** Returns true if a backslash begins an escape. After an odd number of others it is itself escaped. */
function isEscape(json: string, at: number): boolean {
  let before = at;
  while (json[before - 1] === '\\') before--;
  return (at - before) % 2 === 0;
}

/** Repair of a text that arrives in pieces. */
class Pieces {
  readonly #cutOf: (text: string) => number;
  readonly #repair: (text: string) => string;
  #held = '';

  /** @param cutOf returns the index from which a text has to wait for its next piece */
  constructor(cutOf: (text: string) => number, repair: (text: string) => string) {
    this.#cutOf = cutOf;
    this.#repair = repair;
  }

  /** Adds a piece. Returns the text that is complete. */
  push(piece: string): string {
    const text = this.#held + piece;
    const cut = this.#cutOf(text);
    this.#held = text.slice(cut);
    return this.#repair(text.slice(0, cut));
  }

  /** Drops the rest at the end of the text. */
  drop(): void {
    this.#held = '';
  }

  /** Returns the rest at the end of the text. */
  end(): string {
    const rest = this.#repair(this.#held);
    this.#held = '';
    return rest;
  }
}
