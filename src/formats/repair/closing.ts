/** Brackets, tags and fences that are left over after an object, and calls without arguments. */
const CLOSING = /^(?:[\s}\]]|\{\s*\}|null|None|```|<\/\w+>|<\|\w+\|>)*$/;

/** An object without members. */
const EMPTY = /^\s*\{\s*\}\s*$/;

/** True if text after the object of a call's arguments says nothing, so that it may be dropped. */
export function isClosing(text: string): boolean {
  return CLOSING.test(text);
}

/** True if arguments are an object without members, which the real ones may follow. */
export function isEmptyInput(json: string): boolean {
  return EMPTY.test(json);
}
