import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { isErrno } from '../core/json.ts';
import { RuntimeFailure } from '../core/failure.ts';
import type { Wire } from '../wires/wire.ts';
import { createHttpServer } from './server.ts';

export interface Listening {
  /** Address for clients, such as `http://127.0.0.1:11435`. */
  readonly url: string;
  readonly servers: readonly Server[];
}

/**
 * Listens on a host and port. A loopback name means 127.0.0.1 and, if the machine has it, ::1, because
 * `localhost` may be either.
 *
 * @throws {conflict} if the port is in use
 */
export async function listen(
  listener: RequestListener,
  host: string,
  port: number,
  wires: readonly Wire[],
): Promise<Listening> {
  const both = host === '127.0.0.1' || host === 'localhost';
  const first = await listenOn(createHttpServer(listener, wires), both ? '127.0.0.1' : host, port);
  const bound = portOf(first);
  const url = `http://${clientHost(both ? '127.0.0.1' : host)}:${bound}`;
  if (!both) return { url, servers: [first] };
  try {
    return {
      url,
      servers: [first, await listenOn(createHttpServer(listener, wires), '::1', bound)],
    };
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) return { url, servers: [first] };
    first.close();
    throw error;
  }
}

async function listenOn(server: Server, host: string, port: number): Promise<Server> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw isErrno(error, 'EADDRINUSE') ? portTaken(host, port, error) : error;
  }
  return server;
}

function portTaken(host: string, port: number, cause: unknown): RuntimeFailure {
  return new RuntimeFailure(
    'conflict',
    `Port ${port} of ${host} is taken: another server, perhaps Portico itself, listens there. ` +
      'Choose another one with --port PORT or PORTICO_PORT.',
    { cause },
  );
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Host for clients. A wildcard address is replaced, because not every client can connect to it. */
function clientHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
