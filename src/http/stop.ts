import { once } from 'node:events';
import type { Server } from 'node:http';
import { RuntimeFailure } from '../core/failure.ts';

/** Failure of requests that the server does not answer because it stops. */
export function serverStopping(): RuntimeFailure {
  return new RuntimeFailure('overloaded', 'The server is stopping.', { retryAfterSeconds: 5 });
}

/** Time for running requests to end when the server stops. */
const GRACE_MS = 10_000;

/** Interval at which connections that became idle are closed. */
const SWEEP_MS = 50;

/**
 * Stops servers: accepts no new connection, waits ten seconds for running requests, then ends the rest.
 *
 * @param abort aborts the requests that still run
 */
export async function stopServers(servers: readonly Server[], abort: () => void): Promise<void> {
  const closed = servers.map((server) => {
    const done = once(server, 'close');
    server.close();
    return done;
  });
  const sweep = setInterval(
    () => servers.forEach((server) => server.closeIdleConnections()),
    SWEEP_MS,
  );
  const grace = setTimeout(abort, GRACE_MS);
  const force = setTimeout(
    () => servers.forEach((server) => server.closeAllConnections()),
    GRACE_MS + 1000,
  );
  await Promise.all(closed);
  clearInterval(sweep);
  clearTimeout(grace);
  clearTimeout(force);
}
