import { RuntimeFailure } from '../core/failure.ts';
import { isPublicAddress } from '../net/addresses.ts';
import { fetchPublic, FetchRefusal, resolveHost } from '../net/public-fetch.ts';
import type { ContactRules } from '../net/public-fetch.ts';
import { urlForClient } from '../net/url-for-client.ts';
import { MAX_PDF_BYTES } from './limits.ts';

/**
 * Downloads a PDF from a client's URL by `fetchPublic`, and returns it as base64.
 *
 * @param rules addresses that may be contacted; default: public ones
 * @throws RuntimeFailure `invalid-request` with the reason and a hint, `cancelled` on abort
 */
export async function downloadPdf(
  url: string,
  rules: Partial<ContactRules> & Pick<ContactRules, 'timeoutMs'>,
  signal: AbortSignal,
): Promise<string> {
  const contact = { mayContact: isPublicAddress, resolve: resolveHost };
  const asked = { ...contact, ...rules, accept: 'application/pdf', maxBytes: MAX_PDF_BYTES };
  try {
    return Buffer.from((await fetchPublic(url, asked, signal)).bytes).toString('base64');
  } catch (error) {
    if (!(error instanceof FetchRefusal)) throw error;
    throw new RuntimeFailure(
      'invalid-request',
      `Unable to download the file ${urlForClient(url)}: ${error.message}. Send the document as base64, or by another URL.`,
      { cause: error },
    );
  }
}
