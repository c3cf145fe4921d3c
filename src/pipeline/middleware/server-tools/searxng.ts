import { Agent, fetch } from 'undici';
import { z } from 'zod';
import { createConnector } from '../../../net/connector.ts';
import { messageOf } from '../../../core/failure.ts';
import type { FoundPage } from '../../../core/server-tools.ts';
import { readLimited } from './read-limited.ts';
import { ServiceError } from './services.ts';
import type { Search, WebSearch } from './services.ts';

const SEARCH_TIMEOUT_MS = 20_000;
const MAX_BYTES = 2 * 1024 * 1024;

const dispatcher = new Agent({ connect: createConnector({ timeout: SEARCH_TIMEOUT_MS }) });

/** Limits that keep most of a local model's context free. */
const MAX_PAGES = 10;
const MAX_EXCERPT_CHARACTERS = 1000;

/** Used part of SearXNG's answer: https://docs.searxng.org/dev/search_api */
const answer = z.object({
  results: z.array(
    z.object({
      url: z.string(),
      title: z.string().nullish(),
      content: z.string().nullish(),
      publishedDate: z.string().nullish(),
    }),
  ),
});

/** Reads the found pages from an answer in SearXNG's form. Throws a ServiceError if it has another form. */
export function readFound(value: unknown, source: string): readonly FoundPage[] {
  const read = answer.safeParse(value);
  if (!read.success) {
    throw new ServiceError(
      'unavailable',
      `${source} did not return JSON with results that each have a url`,
    );
  }
  return read.data.results.slice(0, MAX_PAGES).map(({ url, title, content, publishedDate }) => ({
    url,
    title: title ?? url,
    excerpt: (content ?? '').slice(0, MAX_EXCERPT_CHARACTERS),
    age: publishedDate ?? null,
  }));
}

/** Creates a search by the SearXNG at a base URL. It is the user's own server, usually on this machine. */
export function createSearxngSearch(baseUrl: string): WebSearch {
  const endpoint = new URL('search', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  return async (search, signal) => {
    const url = new URL(endpoint);
    url.searchParams.set('q', queryOf(search));
    url.searchParams.set('format', 'json');
    return readFound(await getJson(url, signal), `SearXNG at ${baseUrl}`);
  };
}

/** Writes domains as `site:`, which SearXNG passes on to search engines. */
function queryOf({ query, allowedDomains, blockedDomains }: Search): string {
  const sites = allowedDomains.map((domain) => `site:${domain}`).join(' OR ');
  const only = allowedDomains.length > 1 ? `(${sites})` : sites;
  const without = blockedDomains.map((domain) => `-site:${domain}`);
  return [query, only, ...without].filter((piece) => piece !== '').join(' ');
}

async function getJson(url: URL, signal: AbortSignal): Promise<unknown> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(SEARCH_TIMEOUT_MS)]);
  const headers = { accept: 'application/json' };
  try {
    const response = await fetch(url, { dispatcher, signal: limited, headers });
    if (!response.ok) throw refusal(url.origin, response.status);
    return JSON.parse(await readLimited(response.body ?? [], MAX_BYTES));
  } catch (error) {
    if (error instanceof ServiceError || signal.aborted) throw error;
    throw new ServiceError('unavailable', `SearXNG at ${url.origin}: ${messageOf(error)}`, error);
  }
}

function refusal(origin: string, status: number): ServiceError {
  const hint = status === 403 ? '; allow json in search.formats of its settings.yml' : '';
  return new ServiceError(
    status === 429 ? 'too-many-requests' : 'unavailable',
    `SearXNG at ${origin} answered ${status}${hint}`,
  );
}
