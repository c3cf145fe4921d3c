/** Brackets, tags and fences that remain after an object, and empty arguments. */
const CLOSING = /^(?:[\s}\]]|\{\s*\}|null|None|```|<\/\w+>|<\|\w+\|>)*$/;

/** Object without members. */
const EMPTY = /^\s*\{\s*\}\s*$/;

/** Returns true if text after the arguments of a call has no meaning, so that it can be dropped. */
export function isClosing(text: string): boolean {
  return CLOSING.test(text);
}

/** Returns true if arguments are an empty object. The real ones may follow it. */
export function isEmptyInput(json: string): boolean {
  return EMPTY.test(json);
}
