import type { WebTool } from '../../../core/server-tools.ts';

/** Returns true if a tool may use the page at a URL. Only http and https have pages. */
export function isAllowed(
  url: string,
  { allowedDomains, blockedDomains }: Pick<WebTool, 'allowedDomains' | 'blockedDomains'>,
): boolean {
  const page = pageAt(url);
  if (page === undefined) return false;
  if (blockedDomains.some((domain) => belongsTo(page, domain))) return false;
  return allowedDomains.length === 0 || allowedDomains.some((domain) => belongsTo(page, domain));
}

function pageAt(url: string): URL | undefined {
  const page = URL.canParse(url) ? new URL(url) : undefined;
  return page?.protocol === 'http:' || page?.protocol === 'https:' ? page : undefined;
}

/**
 * Returns true if a page belongs to a domain of the API's `allowed_domains`: `example.com` includes its
 * subdomains, `example.com/blog` the paths below it, and `*` in a path matches any text.
 */
function belongsTo({ hostname, pathname }: URL, domain: string): boolean {
  const [host = '', ...rest] = domain.replace(/^https?:\/\//, '').split('/');
  const name = host.toLowerCase().replace(/^\*\./, '');
  if (hostname !== name && !hostname.endsWith(`.${name}`)) return false;
  const pieces = rest.join('/').replace(/\/$/, '').split('*').map(escaped);
  const [only = ''] = pieces;
  if (pieces.length === 1 && only === '') return true;
  return new RegExp(`^/${pieces.join('.*')}(?:/|$)`).test(pathname);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
