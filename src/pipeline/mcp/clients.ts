import { isPublicAddress } from '../../net/addresses.ts';
import { abortReason } from '../../core/abort.ts';
import type { McpCommand, McpListedTool, McpServer } from '../../core/mcp.ts';
import { checkTarget, FetchRefusal, resolveHost } from '../../net/public-fetch.ts';
import type { McpClients } from '../middleware/server-tools/services.ts';
import type { McpConnection, McpTarget } from './client.ts';

/** Time after its last use at which a connection is closed. */
const IDLE_MS = 300_000;
/** Time for which the list of a server's tools is used again. */
const LIST_MS = 60_000;
const RESOLVE_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 64;

export interface McpOptions {
  /** Hosts that may have addresses that are not public, as `host` or `host:port`. */
  readonly allowedHosts: readonly string[];
  /** Programs of the configuration, by the names of their servers. */
  readonly commands: () => ReadonlyMap<string, McpCommand>;
  /** Environment of programs. */
  readonly environment: () => NodeJS.ProcessEnv;
  /** Time after its last use at which a connection is closed. */
  readonly idleMs?: number;
}

/** Server in use, by its address and token, or by its program. */
interface Entry {
  readonly connected: Promise<McpConnection>;
  users: number;
  idle: NodeJS.Timeout | undefined;
  tools: { readonly list: readonly McpListedTool[]; readonly until: number } | undefined;
}

/** Creates the client of MCP servers. The first use loads the package of the protocol. */
export function createMcpClients(options: McpOptions): McpClients {
  return new Connections(options);
}

class Connections implements McpClients {
  readonly #options: McpOptions;
  readonly #open = new Map<string, Entry>();
  /** Last lists by server, for calls of a server that has died since. */
  readonly #lastLists = new Map<string, readonly McpListedTool[]>();

  constructor(options: McpOptions) {
    this.#options = options;
  }

  async list(server: McpServer, signal: AbortSignal): Promise<readonly McpListedTool[]> {
    const key = this.#keyOf(server);
    try {
      const list = await this.#use(server, signal, async (connection, entry) => {
        if (entry.tools !== undefined && performance.now() < entry.tools.until) {
          return entry.tools.list;
        }
        const listed = await connection.list(signal);
        entry.tools = { list: listed, until: performance.now() + LIST_MS };
        return listed;
      });
      this.#remember(key, list);
      return list;
    } catch (error) {
      const before = this.#lastLists.get(key);
      if (before === undefined || signal.aborted) throw error;
      return before;
    }
  }

  async call(...[server, tool, input, signal]: Parameters<McpClients['call']>) {
    return this.#use(server, signal, (connection) => connection.call(tool, input, signal));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map(([key, entry]) => this.#drop(key, entry)));
  }

  #remember(key: string, list: readonly McpListedTool[]): void {
    this.#lastLists.delete(key);
    this.#lastLists.set(key, list);
    const [oldest] = this.#lastLists.keys();
    if (this.#lastLists.size > MAX_CONNECTIONS && oldest !== undefined) {
      this.#lastLists.delete(oldest);
    }
  }

  /**
   * Uses the connection to a server, and opens one if there is none. A connection that failed is used no more,
   * and closed after its other calls ended. One that was open before may have expired at its server, so the
   * work is done again over a new one if the server says that it does not know the session.
   */
  async #use<Result>(
    server: McpServer,
    signal: AbortSignal,
    work: (connection: McpConnection, entry: Entry) => Promise<Result>,
  ): Promise<Result> {
    const key = this.#keyOf(server);
    const reused = this.#open.has(key);
    const entry = this.#entry(key, server);
    entry.users += 1;
    clearTimeout(entry.idle);
    try {
      return await work(await unlessAborted(entry.connected, signal), entry);
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      if (this.#open.get(key) === entry) this.#open.delete(key);
      if (!reused || !isExpired(error)) throw error;
    } finally {
      entry.users -= 1;
      this.#rest(key, entry);
    }
    return this.#use(server, signal, work);
  }

  #entry(key: string, server: McpServer): Entry {
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    if (this.#open.size >= MAX_CONNECTIONS) this.#dropIdle();
    const connected = this.#connect(
      server,
      () => this.#open.get(key) === entry && this.#open.delete(key),
      () => {
        entry.tools = undefined;
      },
    );
    const entry: Entry = { connected, users: 0, idle: undefined, tools: undefined };
    connected.catch(() => undefined);
    this.#open.set(key, entry);
    return entry;
  }

  async #connect(
    server: McpServer,
    closed: () => void,
    toolsChanged: () => void,
  ): Promise<McpConnection> {
    const target = await this.#targetOf(server);
    const { connectMcp } = await import('./client.ts');
    return connectMcp(target, { closed, toolsChanged });
  }

  async #targetOf({ name, url, token }: McpServer): Promise<McpTarget> {
    if (url === undefined) {
      const command = this.#options.commands().get(name);
      if (command === undefined) throw new UnknownServer(name);
      const variables = Object.entries(this.#options.environment()).filter(isSet);
      const env = { ...Object.fromEntries(variables), ...command.env };
      return { kind: 'command', command: { ...command, env } };
    }
    return { kind: 'url', checked: await this.#check(url), token };
  }

  async #check(url: string) {
    const { host, hostname } = new URL(url);
    const { allowedHosts } = this.#options;
    const isAllowed = allowedHosts.includes(host) || allowedHosts.includes(hostname);
    const mayContact = isAllowed ? () => true : isPublicAddress;
    const rules = { mayContact, resolve: resolveHost, timeoutMs: RESOLVE_TIMEOUT_MS };
    try {
      return await checkTarget(url, rules, AbortSignal.timeout(RESOLVE_TIMEOUT_MS));
    } catch (error) {
      if (!(error instanceof FetchRefusal) || isAllowed) throw error;
      throw new FetchRefusal(`${error.message}; allow others with --mcp-allow ${hostname}`, error);
    }
  }

  /** Closes an unused connection after a time, or now if it failed. */
  #rest(key: string, entry: Entry): void {
    if (entry.users > 0) return;
    const failed = this.#open.get(key) !== entry;
    const idleMs = failed ? 0 : (this.#options.idleMs ?? IDLE_MS);
    entry.idle = setTimeout(() => void this.#drop(key, entry), idleMs).unref();
  }

  #dropIdle(): void {
    const idle = [...this.#open].find(([, { users }]) => users === 0);
    if (idle !== undefined) void this.#drop(...idle);
  }

  async #drop(key: string, entry: Entry): Promise<void> {
    clearTimeout(entry.idle);
    if (this.#open.get(key) === entry) this.#open.delete(key);
    const connection = await entry.connected.catch(() => undefined);
    await connection?.close();
  }

  #keyOf({ name, url, token }: McpServer): string {
    const program = this.#options.commands().get(name);
    return JSON.stringify(url === undefined ? [name, program] : [url, token]);
  }
}

/** Error for a server that neither the request nor the configuration has. */
export class UnknownServer extends Error {
  override readonly name = 'UnknownServer';

  constructor(server: string) {
    super(`there is no server '${server}' in mcp_servers, and none in \`mcp:\` of models.yaml`);
  }
}

function isSet(variable: [string, string | undefined]): variable is [string, string] {
  return variable[1] !== undefined;
}

/** True for the status by which a server refuses a session that it does not know any more. */
function isExpired(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 404;
}

/** A connection is shared, so a client that leaves must not end it for others. */
async function unlessAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const settled = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const abort = (): void => reject(abortReason(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true, signal: settled.signal });
  });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    settled.abort();
  }
}
