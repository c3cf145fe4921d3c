import { RuntimeFailure } from '../core/failure.ts';
import type { Given } from './sources.ts';

interface CommandService {
  readonly kind: 'command';
  /** A program and its arguments; no shell reads them. */
  readonly command: readonly [string, ...string[]];
}

/** What searches the web: a SearXNG at a base URL, or a command. */
export type SearchService = { readonly kind: 'searxng'; readonly url: string } | CommandService;

/** What reads pages: this server itself, or a command. */
export type FetchService = { readonly kind: 'direct' } | CommandService;

const OFF: ReadonlySet<string> = new Set(['off', '0', 'false', 'no']);
const ON: ReadonlySet<string> = new Set(['on', '1', 'true', 'yes']);

/** `off`, the http(s) base URL of a SearXNG, or a command line. Throws `invalid-request`. */
export function readSearch(given: Given | undefined): SearchService | undefined {
  const text = wordOf(given);
  if (given === undefined || text === undefined) return undefined;
  if (ON.has(text.toLowerCase())) throw refused(given);
  if (!/^https?:/i.test(text)) return commandOf(given);
  if (!URL.canParse(text)) throw refused(given);
  return { kind: 'searxng', url: text };
}

/** `off`, `on`, or a command line. Throws `invalid-request`. */
export function readFetch(given: Given | undefined): FetchService | undefined {
  const text = wordOf(given);
  if (given === undefined || text === undefined) return undefined;
  return ON.has(text.toLowerCase()) ? { kind: 'direct' } : commandOf(given);
}

/** What was given; undefined where nothing is to be served. */
function wordOf(given: Given | undefined): string | undefined {
  const text = given?.text.trim();
  return text === undefined || OFF.has(text.toLowerCase()) ? undefined : text;
}

/** Words, or what stands in quotes: no shell is asked, so nothing else means anything. */
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
    `${name}: '${text}' is not allowed; give ${allowed}, a command, or 'off'`,
  );
}
