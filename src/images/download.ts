import { RuntimeFailure } from '../core/failure.ts';
import { MAX_BYTES, tooManyBytes } from './limits.ts';
import { fetchPublic, FetchRefusal } from '../net/public-fetch.ts';
import type { ContactRules } from '../net/public-fetch.ts';
import { urlForClient } from '../net/url-for-client.ts';

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
    `Unable to download the file ${urlForClient(url)}: ${message}. Send the picture as base64, or by another URL.`,
    { cause },
  );
}
