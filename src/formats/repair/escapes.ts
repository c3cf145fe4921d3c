/** Escapes of a JSON-like text, correct or not. */
const ESCAPES = /\\(?:u[\da-fA-F]{4}|[^])/g;

/** Escapes that JSON or a single-quoted string has. */
const VALID = /^\\(?:["\\/'bfnrt]|u[\da-fA-F]{4})$/;

/** Escapes of JSON that are control characters, but also begin names such as `\new`. */
const CONTROL = /^\\[bfnrt]$/;

/** Text after a backslash that some languages read as a character's code, and others as it is. */
const CODE = /^(?:x[\da-fA-F]{2}|u(?:[\da-fA-F"'{]|$))/;

/** Beginning of a name in a path, and what may be between two of a path's separators. */
const NAME_START = /^[\p{L}\p{N}_.]/u;
const NAME = /^[\p{L}\p{N}_.~()-]*(?: [\p{L}\p{N}_.~()-]+)*$/u;

/** Number of characters that are enough to tell a code. */
const LONGEST_CODE = 3;

/**
 * Doubles each backslash that begins no escape of JSON, so that `\d` is a backslash and a letter, as
 * in Python.
 *
 * @returns undefined if an escape has two readings: in `C:\Users\new` the same backslash separates names
 * and begins a line break, and `\x41` may be four characters or one
 */
export function mendEscapes(text: string): string | undefined {
  let mended = '';
  let done = 0;
  /** Kinds of backslashes in the path that may be read now. */
  let path = { invalid: false, control: false };
  for (const { 0: escape, index } of text.matchAll(ESCAPES)) {
    const between = text.slice(done, index);
    if (!NAME.test(between)) path = { invalid: false, control: false };
    mended += between;
    done = index + escape.length;
    const isValid = VALID.test(escape);
    if (!isValid && CODE.test(text.slice(index + 1, index + 1 + LONGEST_CODE))) return undefined;
    path.invalid ||= !isValid && NAME_START.test(escape.slice(1));
    path.control ||= CONTROL.test(escape) && NAME_START.test(text.slice(done, done + 1));
    if (path.invalid && path.control) return undefined;
    // What is escaped is read on, since it begins no other escape.
    mended += isValid ? escape : `\\${escape}`;
  }
  return mended + text.slice(done);
}
