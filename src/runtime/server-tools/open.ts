import type { FetchService, SearchService } from '../../config/services.ts';
import type { ServerServices, WebFetch, WebSearch } from './services.ts';

/** The services that were set up; each is loaded by the first call for it. */
export function openServices(
  webSearch: SearchService | undefined,
  webFetch: FetchService | undefined,
  log: (message: string) => void,
): ServerServices {
  return {
    ...(webSearch !== undefined && { search: searchBy(webSearch) }),
    ...(webFetch !== undefined && { fetch: fetchBy(webFetch) }),
    log,
  };
}

function searchBy(service: SearchService): WebSearch {
  return async (search, signal) => {
    if (service.kind === 'searxng') {
      const { createSearxngSearch } = await import('./searxng.ts');
      return createSearxngSearch(service.url)(search, signal);
    }
    const { createCommandSearch } = await import('./command.ts');
    return createCommandSearch(service.command)(search, signal);
  };
}

function fetchBy(service: FetchService): WebFetch {
  return async (url, mayVisit, signal) => {
    if (service.kind === 'direct') {
      const { createPageFetch } = await import('./web-page.ts');
      return createPageFetch()(url, mayVisit, signal);
    }
    const { createCommandFetch } = await import('./command.ts');
    return createCommandFetch(service.command)(url, mayVisit, signal);
  };
}
