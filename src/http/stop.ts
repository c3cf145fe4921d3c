import { once } from 'node:events';
import type { Server } from 'node:http';

/** How long running requests get when the server stops. */
const GRACE_MILLISECONDS = 10_000;

/** How often connections that have become idle meanwhile are closed. */
const SWEEP_MILLISECONDS = 50;

/**
 * Takes no new connection, gives running requests ten seconds, then ends what is left.
 *
 * @param abort tells the requests that still run to end
 */
export async function stopServers(servers: readonly Server[], abort: () => void): Promise<void> {
  const closed = servers.map((server) => {
    const done = once(server, 'close');
    server.close();
    return done;
  });
  const sweep = setInterval(
    () => servers.forEach((server) => server.closeIdleConnections()),
    SWEEP_MILLISECONDS,
  );
  const grace = setTimeout(abort, GRACE_MILLISECONDS);
  const force = setTimeout(
    () => servers.forEach((server) => server.closeAllConnections()),
    GRACE_MILLISECONDS + 1000,
  );
  await Promise.all(closed);
  clearInterval(sweep);
  clearTimeout(grace);
  clearTimeout(force);
}
