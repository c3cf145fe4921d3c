import { withoutKeys } from './secrets.ts';

const MAX_LENGTH = 300;

/** Characters of a text that are looked at: far more than are shown, since much of them may be white space. */
const MAX_READ = 8192;

/** Text of a server as one line that a message may quote, with everything that looks like a key redacted. */
export function oneLine(text: string): string {
  const read = withoutKeys(text, MAX_READ);
  return read.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_LENGTH);
}

/** Text without control characters and marks that turn its order, for a name that some terminal shows. */
export function withoutControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '');
}

/** A text as JSON, or undefined where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
