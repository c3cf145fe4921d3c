import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';

/** Listens on a port that the system chooses. Returns the URL. */
export async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

/** Listens on a port that the system chooses, and prints the URL for the parent process. */
export async function listenAndReport(listener: RequestListener): Promise<void> {
  process.stdout.write(`${await listen(listener)}\n`);
}
