/** Escapes of a JSON-like text, correct or not. */
const ESCAPES = /\\(?:u[\da-fA-F]{4}|[^])/g;

/** Escapes in JSON or in a single-quoted string. */
const VALID = /^\\(?:["\\/'bfnrt]|u[\da-fA-F]{4})$/;

/** Escapes of JSON that are control characters, but also begin names such as `\new`. */
const CONTROL = /^\\[bfnrt]$/;

/** Text after a backslash that only some languages read as a character's code. */
const CODE = /^(?:x[\da-fA-F]{2}|u(?:[\da-fA-F"'{]|$))/;

/** Beginning of a name in a path, and text between two separators of a path. */
const NAME_START = /^[\p{L}\p{N}_.]/u;
const NAME = /^[\p{L}\p{N}_.~()-]*(?: [\p{L}\p{N}_.~()-]+)*$/u;

/** Number of characters that suffice to recognize a code. */
const LONGEST_CODE = 3;

/** Text after the end of a string. */
const AFTER_STRING = /^\s*[,}\]]/;

/**
 * Doubles each backslash that does not begin a JSON escape, so that `\d` is a backslash and a letter, as in
 * Python.
 *
 * @returns undefined if an escape is ambiguous: in `C:\Users\new`, `\n` may be a separator with a letter or a
 * line break, in `C:\dir\"` the quote may be escaped or the end, and `\x41` may be four characters or one
 */
export function mendEscapes(text: string): string | undefined {
  let mended = '';
  let done = 0;
  /** Kinds of backslashes so far, if the current text is a path. */
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
    if (path.invalid && (path.control || isAtEnd(escape, text.slice(done)))) return undefined;
    // An escaped character does not begin another escape.
    mended += isValid ? escape : `\\${escape}`;
  }
  return mended + text.slice(done);
}

/** Returns true if an escaped quote may be the end of a string after a backslash, as in `"C:\dir\"`. */
function isAtEnd(escape: string, after: string): boolean {
  return /["']/.test(escape) && AFTER_STRING.test(after);
}
