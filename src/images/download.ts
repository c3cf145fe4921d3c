import { RuntimeFailure } from '../core/failure.ts';
import { MAX_BYTES, tooManyBytes } from './limits.ts';
import { fetchPublic, FetchRefusal, LONGEST_URL } from '../net/public-fetch.ts';
import type { ContactRules } from '../net/public-fetch.ts';

const ACCEPT = 'image/png, image/jpeg, image/gif, image/webp';

/**
 * Downloads a picture from a client's URL by `fetchPublic`.
 *
 * @throws RuntimeFailure `invalid-request` with the reason and a hint, `cancelled` on abort
 */
export async function downloadPicture(
  url: string,
  rules: ContactRules,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    const asked = { ...rules, accept: ACCEPT, maxBytes: MAX_BYTES };
    return (await fetchPublic(url, asked, signal)).bytes;
  } catch (error) {
    if (!(error instanceof FetchRefusal)) throw error;
    throw error.tooManyBytes === undefined
      ? refusal(url, error)
      : new RuntimeFailure('invalid-request', tooManyBytes(error.tooManyBytes));
  }
}

function refusal(url: string, { message, cause }: FetchRefusal): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    `Unable to download the file ${shown(url)}: ${message}. Send the picture as base64, or by another URL.`,
    { cause },
  );
}

const SHOWN_CHARACTERS = 200;

/** URL without possible secrets: a password, and a query, which may contain a key. */
function shown(url: string): string {
  if (url.length > LONGEST_URL) return `${url.slice(0, url.indexOf(':') + 1).slice(0, 10)}…`;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const text = parsed === undefined ? url : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
