import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { serveOneByOne } from './one-by-one.ts';

/** Creates a server that does not listen yet. */
export function createHttpServer(listener: RequestListener): Server {
  const server = createServer();
  serveOneByOne(server, listener);
  // By default Node answers an unknown expectation itself, without guards, and reads its body without end.
  server.on('checkExpectation', (...exchange) => void server.emit('request', ...exchange));
  // By default Node silently drops headers after the 2000th, so guards would not see them. The total size
  // is limited to 16 KB.
  server.maxHeadersCount = 0;
  return server;
}
