import { messageOf, RuntimeFailure } from '../../../core/failure.ts';
import { isPublicAddress } from '../../../net/addresses.ts';
import { fetchPublic, FetchRefusal, resolveHost } from '../../../net/public-fetch.ts';
import type { ContactRules, PublicAnswer } from '../../../net/public-fetch.ts';
import { createPageReader } from './page-reader.ts';
import type { SentPage } from './page-text.ts';
import { ServiceError } from './services.ts';
import type { WebFetch } from './services.ts';

const PAGE_TIMEOUT_MS = 20_000;
const MAX_BYTES = 5 * 1024 * 1024;
const ACCEPT = 'text/html, text/markdown, text/plain, application/json';

/**
 * Creates a fetch of pages from public addresses. HTML becomes text, other text stays unchanged.
 *
 * @param rules addresses that may be contacted; default: public ones
 * @param threadModule module of the thread that reads pages, for tests that run without a build
 */
export function createPageFetch(
  rules: Partial<ContactRules> = {},
  threadModule = new URL('./page-text-thread.js', import.meta.url),
): WebFetch {
  const contact = { mayContact: isPublicAddress, resolve: resolveHost, timeoutMs: PAGE_TIMEOUT_MS };
  const asked = { ...contact, ...rules, accept: ACCEPT, maxBytes: MAX_BYTES };
  const read = createPageReader(threadModule);
  return async (url, mayVisit, signal) => {
    try {
      const page = sentPage(await fetchPublic(url, { ...asked, mayVisit }, signal));
      const retrievedAt = new Date().toISOString();
      return { url: page.url, retrievedAt, ...(await read(page, signal)) };
    } catch (error) {
      if (error instanceof FetchRefusal) throw refused(url, error);
      throw error instanceof RuntimeFailure && !signal.aborted
        ? new ServiceError('url-not-accessible', messageOf(error), error)
        : error;
    }
  };
}

function refused(url: string, error: FetchRefusal): ServiceError {
  const reason = error.tooManyBytes === undefined ? 'url-not-accessible' : 'content-too-large';
  return new ServiceError(reason, `${new URL(url).host}: ${error.message}`, error);
}

function sentPage({ url, contentType, bytes }: PublicAnswer): SentPage {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  const kind = kindOf(type.trim());
  if (kind === 'other') {
    throw new ServiceError('unsupported-content-type', `${new URL(url).host} sent ${type}`);
  }
  const charset = parameters
    .map((one) => /^\s*charset="?([^"\s]+)"?/.exec(one)?.[1])
    .find((one) => one !== undefined);
  return { url, kind, charset, bytes };
}

function kindOf(type: string): SentPage['kind'] | 'other' {
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  const isText = type.startsWith('text/') || /[/+](?:json|xml|yaml)$/.test(type);
  return isText ? 'text' : 'other';
}
