import { withoutKeys } from './secrets.ts';

const MAX_LENGTH = 300;

/** Text of a server as one line that a message may quote, with everything that looks like a key redacted. */
export function oneLine(text: string): string {
  return withoutKeys(text).replaceAll(/\s+/g, ' ').trim().slice(0, MAX_LENGTH);
}

/** A text as JSON, or undefined where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
