import { withoutKeys } from './secrets.ts';

const MAX_LENGTH = 300;

/** Characters of a text that are read: far more than are shown, because many may be white space. */
const MAX_READ = 8192;

/** Formats a server's text as one line for messages; everything that looks like a key is redacted. */
export function oneLine(text: string): string {
  const read = withoutKeys(text, MAX_READ);
  return read.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_LENGTH);
}

/** Removes control characters and marks that reverse the text's direction, for names shown in a terminal. */
export function withoutControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '');
}
