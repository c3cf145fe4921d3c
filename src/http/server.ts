import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { answerMalformed } from './malformed.ts';
import type { Wire } from '../wires/wire.ts';
import { serveOneByOne } from './one-by-one.ts';

/**
 * Creates a server that does not listen yet.
 *
 * @param wires the first one encodes failures of requests that are not valid HTTP
 */
export function createHttpServer(listener: RequestListener, [wire]: readonly Wire[] = []): Server {
  const server = createServer();
  serveOneByOne(server, listener);
  if (wire !== undefined) answerMalformed(server, wire);
  // By default Node answers an unknown expectation itself, without guards, and reads its body without end.
  server.on('checkExpectation', (...exchange) => void server.emit('request', ...exchange));
  // By default Node silently drops headers after the 2000th, so guards would not see them. The total size
  // is limited to 16 KB.
  server.maxHeadersCount = 0;
  return server;
}
