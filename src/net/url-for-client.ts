import { LONGEST_URL } from './public-fetch.ts';

const SHOWN_CHARACTERS = 200;

/** URL without possible secrets, for messages: without a password, and without a query, which may contain a key. */
export function urlForClient(url: string): string {
  if (url.length > LONGEST_URL) return `${url.slice(0, url.indexOf(':') + 1).slice(0, 10)}…`;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const text = parsed === undefined ? url : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
