import { messageOf, RuntimeFailure } from '../../core/errors.ts';
import type { FetchedPage } from '../../core/server-tools.ts';
import { isPublicAddress } from '../../images/addresses.ts';
import { fetchPublic, FetchRefusal, resolveHost } from '../../images/public-fetch.ts';
import type { ContactRules, PublicAnswer } from '../../images/public-fetch.ts';
import { htmlText } from './html-text.ts';
import { ServiceError } from './services.ts';
import type { WebFetch } from './services.ts';

const WITHIN_MS = 20_000;
const MAX_BYTES = 5 * 1024 * 1024;
const ACCEPT = 'text/html, text/markdown, text/plain, application/json';

/**
 * Fetches pages itself, from public addresses only: HTML as its text, other text as it is.
 *
 * @param rules what a URL may lead to; public addresses unless it says otherwise
 */
export function createPageFetch(rules: Partial<ContactRules> = {}): WebFetch {
  const contact = { mayContact: isPublicAddress, resolve: resolveHost, withinMs: WITHIN_MS };
  const asked = { ...contact, ...rules, accept: ACCEPT, maxBytes: MAX_BYTES };
  return async (url, mayVisit, signal) => {
    try {
      return readPage(await fetchPublic(url, { ...asked, mayVisit }, signal));
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

function readPage({ url, contentType, bytes }: PublicAnswer): FetchedPage {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  const kind = kindOf(type.trim());
  if (kind === 'other') {
    throw new ServiceError('unsupported-content-type', `${new URL(url).host} sent ${type}`);
  }
  const text = decode(bytes, parameters);
  const retrievedAt = new Date().toISOString();
  return kind === 'html'
    ? { url, retrievedAt, ...htmlText(text, url) }
    : { url, retrievedAt, title: null, text };
}

function kindOf(type: string): 'html' | 'text' | 'other' {
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  const isText = type.startsWith('text/') || /[/+](?:json|xml|yaml)$/.test(type);
  return isText ? 'text' : 'other';
}

/** By the charset that the server names; an unknown one is read as UTF-8. */
function decode(bytes: Uint8Array, parameters: readonly string[]): string {
  const named = parameters.map((one) => /^\s*charset="?([^"\s]+)"?/.exec(one)?.[1]).find(Boolean);
  try {
    return new TextDecoder(named ?? 'utf-8').decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
