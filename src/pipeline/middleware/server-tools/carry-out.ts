import type { Conversation, ToolCallPart, ToolSpec } from '../../../core/conversation.ts';
import { abortReason } from '../../../core/abort.ts';
import { messageOf } from '../../../core/failure.ts';
import type {
  McpTool,
  ServerTool,
  ServiceFailure,
  ServiceOutcome,
  ServiceUse,
  WebTool,
} from '../../../core/server-tools.ts';
import { isAllowed } from './domains.ts';
import { isNamed } from './prior-urls.ts';
import { ServiceError } from './services.ts';
import type { ServerServices } from './services.ts';
import { findTools } from './tool-search/tool-search.ts';

/** Limits of the API: https://docs.claude.com/en/docs/agents-and-tools/tool-use/web-fetch-tool */
const MAX_URL_CHARACTERS = 250;
const MAX_QUERY_CHARACTERS = 1000;
/** Approximate value for English. */
const CHARACTERS_PER_TOKEN = 4;

/** Runs the calls of one answer, within the limits of its tools. */
export class CarriedCalls {
  readonly #services: ServerServices;
  /** Largest number of tokens of a page, unless its tool sets one. */
  readonly #pageTokens: number;
  readonly #uses = new Map<string, number>();
  #webSearches = 0;
  #webFetches = 0;

  constructor(services: ServerServices, pageTokens: number) {
    this.#services = services;
    this.#pageTokens = pageTokens;
  }

  /** Number of successful calls. */
  get use(): ServiceUse {
    return { webSearches: this.#webSearches, webFetches: this.#webFetches };
  }

  /** Runs a call and returns its outcome; a failure is an outcome too. Throws a RuntimeFailure if the signal aborts. */
  async outcome(
    call: ToolCallPart,
    { name, serverTool: tool }: ServerToolSpec,
    conversation: Conversation,
    signal: AbortSignal,
  ): Promise<ServiceOutcome> {
    if (tool.service === 'mcp') return this.#callMcp(call, tool, signal);
    if (tool.service === 'tool-search') return findTools(call, tool, conversation.tools, signal);
    const uses = (this.#uses.get(name) ?? 0) + 1;
    this.#uses.set(name, uses);
    if (uses > (tool.maxUses ?? Number.POSITIVE_INFINITY)) return failed('max-uses-exceeded');
    try {
      return tool.service === 'web-search'
        ? await this.#search(call, tool, signal)
        : await this.#fetch(call, tool, conversation, signal);
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      this.#services.log(`${name}: ${messageOf(error)}`);
      return failed(error instanceof ServiceError ? error.reason : 'unavailable');
    }
  }

  async #callMcp(
    { input }: ToolCallPart,
    { server, tool }: McpTool,
    signal: AbortSignal,
  ): Promise<ServiceOutcome> {
    const { mcp } = this.#services;
    try {
      if (mcp === undefined) throw new Error('this server calls no MCP servers');
      const result = await mcp.call(server, tool, input, signal);
      const most = this.#pageTokens * CHARACTERS_PER_TOKEN;
      return { kind: 'mcp', isError: result.isError, texts: shortened(result.texts, most) };
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      const message = `The MCP server ${server.name} did not answer: ${messageOf(error)}`;
      this.#services.log(message);
      return { kind: 'mcp', isError: true, texts: [message] };
    }
  }

  async #search(
    { input }: ToolCallPart,
    tool: WebTool,
    signal: AbortSignal,
  ): Promise<ServiceOutcome> {
    const { query } = input;
    if (typeof query !== 'string' || query.trim() === '') return failed('invalid-input');
    if (query.length > MAX_QUERY_CHARACTERS) return failed('query-too-long');
    const { allowedDomains, blockedDomains } = tool;
    const search = this.#services.search ?? notSetUp('--web-search');
    const found = await search({ query, allowedDomains, blockedDomains }, signal);
    this.#webSearches += 1;
    return { kind: 'found', pages: found.filter(({ url }) => isAllowed(url, tool)) };
  }

  async #fetch(
    { input }: ToolCallPart,
    tool: WebTool,
    conversation: Conversation,
    signal: AbortSignal,
  ): Promise<ServiceOutcome> {
    const { url } = input;
    if (typeof url !== 'string' || !URL.canParse(url)) return failed('invalid-input');
    if (url.length > MAX_URL_CHARACTERS) return failed('url-too-long');
    if (!isAllowed(url, tool)) return failed('url-not-allowed');
    if (!isNamed(url, conversation)) return failed('url-not-in-prior-context');
    const fetch = this.#services.fetch ?? notSetUp('--web-fetch');
    const page = await fetch(url, (visited) => isAllowed(visited, tool), signal);
    this.#webFetches += 1;
    const most = (tool.maxContentTokens ?? this.#pageTokens) * CHARACTERS_PER_TOKEN;
    return { kind: 'fetched', page: { ...page, text: page.text.slice(0, most) } };
  }
}

/** Tool that the server runs. */
export interface ServerToolSpec {
  readonly name: string;
  readonly serverTool: ServerTool;
}

/** Server tools among the tools of a request, by name. */
export function serverToolsOf(tools: readonly ToolSpec[]): ReadonlyMap<string, ServerToolSpec> {
  return new Map(
    tools.flatMap(({ name, origin }) =>
      origin.kind === 'server' && origin.serverTool !== undefined
        ? [[name, { name, serverTool: origin.serverTool }] as const]
        : [],
    ),
  );
}

/** Texts of at most so many characters together; the last one says so if more was cut off. */
function shortened(texts: readonly string[], most: number): readonly string[] {
  let left = most;
  const kept: string[] = [];
  for (const text of texts) {
    if (left <= 0) break;
    kept.push(text.slice(0, left));
    left -= text.length;
  }
  return left < 0 || kept.length < texts.length
    ? [...kept, '[The result was too long; the rest was cut off.]']
    : kept;
}

function failed(reason: ServiceFailure): ServiceOutcome {
  return { kind: 'failed', reason };
}

function notSetUp(flag: string): never {
  throw new ServiceError('unavailable', `it is not set up; start the server with ${flag}`);
}
