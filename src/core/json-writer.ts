import type { Steps } from './steps.ts';

/** Weight of one step: this many characters take a millisecond or less. */
const LIGHT = 64 * 1024;
/** Weight up to which `JSON.stringify` takes only a few milliseconds. Most agents' requests have less. */
const SMALL = 256 * 1024;
/** Weight of a value, in characters. */
const VALUE_WEIGHT = 16;

/** Returns true if a JSON value is small enough to be written in one step. */
export function isLight(value: unknown): boolean {
  return lighten(value, LIGHT) >= 0;
}

/** Returns true if a JSON value is small enough to be written at once, if that happens once per request. */
export function isSmall(value: unknown): boolean {
  return lighten(value, SMALL) >= 0;
}

/** Subtracts the weight of a value; the result is below 0 if the value is too heavy. */
function lighten(value: unknown, weight: number): number {
  if (typeof value === 'string') return weight - VALUE_WEIGHT - value.length;
  let left = weight - VALUE_WEIGHT;
  if (typeof value !== 'object' || value === null) return left;
  for (const item of Object.values(value)) {
    if (left < 0) break;
    left = lighten(item, left);
  }
  return left;
}

/**
 * Writes plain data as `JSON.stringify` does, in steps.
 *
 * @param take gets the text in pieces
 */
export function* writeJson(value: unknown, take: (piece: string) => void): Steps<void> {
  if (isLight(value)) {
    take(JSON.stringify(value));
    return;
  }
  const pieces = new Pieces(take);
  yield* write(value, pieces);
  pieces.end();
}

/** Joins short texts, because each piece has a cost. */
class Pieces {
  readonly #take: (piece: string) => void;
  #held = '';

  constructor(take: (piece: string) => void) {
    this.#take = take;
  }

  add(text: string): void {
    this.#held += text;
    if (this.#held.length >= LIGHT) this.end();
  }

  end(): void {
    if (this.#held !== '') this.#take(this.#held);
    this.#held = '';
  }
}

function* write(value: unknown, pieces: Pieces): Steps<void> {
  if (isLight(value)) pieces.add(JSON.stringify(value) ?? 'null');
  else if (typeof value === 'string') yield* writeString(value, pieces);
  else if (Array.isArray(value)) yield* writeList(value, pieces);
  else if (typeof value === 'object' && value !== null) yield* writeObject(value, pieces);
}

/** Writes a long string in slices. A surrogate pair split by a slice becomes two escapes. */
function* writeString(text: string, pieces: Pieces): Steps<void> {
  pieces.add('"');
  for (let at = 0; at < text.length; at += LIGHT) {
    pieces.add(JSON.stringify(text.slice(at, at + LIGHT)).slice(1, -1));
    yield;
  }
  pieces.add('"');
}

function* writeList(items: readonly unknown[], pieces: Pieces): Steps<void> {
  yield;
  pieces.add('[');
  for (const [index, item] of items.entries()) {
    if (index > 0) pieces.add(',');
    yield* write(item, pieces);
    yield;
  }
  pieces.add(']');
}

function* writeObject(value: object, pieces: Pieces): Steps<void> {
  yield;
  let isFirst = true;
  pieces.add('{');
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    pieces.add(`${isFirst ? '' : ','}${JSON.stringify(key)}:`);
    isFirst = false;
    yield* write(item, pieces);
    yield;
  }
  pieces.add('}');
}
