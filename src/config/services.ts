import { RuntimeFailure } from '../core/failure.ts';
import type { Given } from './sources.ts';

interface CommandService {
  readonly kind: 'command';
  /** Program and arguments, run without a shell. */
  readonly command: readonly [string, ...string[]];
}

/** Service for web searches: a SearXNG at a base URL, or a command. */
export type SearchService = { readonly kind: 'searxng'; readonly url: string } | CommandService;

/** Service for reading pages: this server itself, or a command. */
export type FetchService = { readonly kind: 'direct' } | CommandService;

const OFF: ReadonlySet<string> = new Set(['off', '0', 'false', 'no']);
const ON: ReadonlySet<string> = new Set(['on', '1', 'true', 'yes']);

/**
 * Reads `off`, the http(s) base URL of a SearXNG, or a command line.
 *
 * @throws {invalid-request} for any other text
 */
export function readSearch(given: Given | undefined): SearchService | undefined {
  const text = wordOf(given);
  if (given === undefined || text === undefined) return undefined;
  if (ON.has(text.toLowerCase())) throw refused(given);
  if (!/^https?:/i.test(text)) return commandOf(given);
  if (!URL.canParse(text)) throw refused(given);
  return { kind: 'searxng', url: text };
}

/**
 * Reads `off`, `on`, or a command line.
 *
 * @throws {invalid-request} for any other text
 */
export function readFetch(given: Given | undefined): FetchService | undefined {
  const text = wordOf(given);
  if (given === undefined || text === undefined) return undefined;
  return ON.has(text.toLowerCase()) ? { kind: 'direct' } : commandOf(given);
}

/** Text of a setting; undefined if it is absent or turns the service off. */
function wordOf(given: Given | undefined): string | undefined {
  const text = given?.text.trim();
  return text === undefined || OFF.has(text.toLowerCase()) ? undefined : text;
}

/** Splits a command line into words and quoted words. No shell reads it, so nothing else is special. */
function commandOf(given: Given): CommandService {
  const pieces = given.text.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g);
  const [program, ...args] = Array.from(pieces, ([word, twice, once]) => twice ?? once ?? word);
  if (program === undefined || program === '') throw refused(given);
  return { kind: 'command', command: [program, ...args] };
}

function refused({ name, text }: Given): RuntimeFailure {
  const allowed =
    name === '--web-search' || name === 'PORTICO_WEB_SEARCH' ? 'the URL of a SearXNG' : "'on'";
  return new RuntimeFailure(
    'invalid-request',
    `${name}: '${text}' is not allowed; use ${allowed}, a command, or 'off'`,
  );
}

/**
 * Reads a host of MCP servers, with or without a port.
 *
 * @throws {invalid-request} for any other text
 */
export function readMcpHost(text: string): string {
  const host = text.trim().toLowerCase();
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  if (url?.host === host || url?.hostname === host) return host;
  throw new RuntimeFailure(
    'invalid-request',
    `--mcp-allow: '${text}' is not a host; use one without scheme and path, such as localhost:8931`,
  );
}
