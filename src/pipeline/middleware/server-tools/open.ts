import type { FetchService, SearchService } from '../../../config/services.ts';
import type { Settings } from '../../../config/settings.ts';
import type { McpCommand } from '../../../core/mcp.ts';
import { createMcpClients } from '../../mcp/clients.ts';
import type { ServerServices, WebFetch, WebSearch } from './services.ts';

type Environment = () => NodeJS.ProcessEnv;

interface ServiceContext {
  readonly log: (message: string) => void;
  /** Programs of MCP servers, by the names that requests use. */
  readonly programs: () => ReadonlyMap<string, McpCommand> | undefined;
  /** Environment of commands and programs. */
  readonly environment: Environment;
}

/** Creates the services of server tools. The first call of each loads its module. */
export function createServices(
  { webSearch, webFetch, mcpAllow }: Pick<Settings, 'webSearch' | 'webFetch' | 'mcpAllow'>,
  { log, programs, environment }: ServiceContext,
): ServerServices {
  return {
    ...openServices(webSearch, webFetch, log, environment),
    mcp: createMcpClients({
      allowedHosts: mcpAllow,
      commands: () => programs() ?? new Map(),
      environment,
    }),
  };
}

/**
 * Creates the configured services for the web. The first call of each loads its module.
 *
 * @param environment environment of commands; default: the one of this process
 */
export function openServices(
  webSearch: SearchService | undefined,
  webFetch: FetchService | undefined,
  log: (message: string) => void,
  environment: Environment = () => process.env,
): ServerServices {
  return {
    ...(webSearch !== undefined && { search: searchBy(webSearch, environment) }),
    ...(webFetch !== undefined && { fetch: fetchBy(webFetch, environment) }),
    log,
  };
}

function searchBy(service: SearchService, environment: Environment): WebSearch {
  return async (search, signal) => {
    if (service.kind === 'searxng') {
      const { createSearxngSearch } = await import('./searxng.ts');
      return createSearxngSearch(service.url)(search, signal);
    }
    const { createCommandSearch } = await import('./command.ts');
    return createCommandSearch(service.command, environment)(search, signal);
  };
}

function fetchBy(service: FetchService, environment: Environment): WebFetch {
  let direct: WebFetch | undefined;
  return async (url, mayVisit, signal) => {
    if (service.kind === 'direct') {
      const { createPageFetch } = await import('./web-page.ts');
      direct ??= createPageFetch();
      return direct(url, mayVisit, signal);
    }
    const { createCommandFetch } = await import('./command.ts');
    return createCommandFetch(service.command, environment)(url, mayVisit, signal);
  };
}
