import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { oneByOne } from './one-by-one.ts';

/** Creates a server that listens nowhere yet. */
export function createHttpServer(listener: RequestListener): Server {
  const server = createServer(oneByOne(listener));
  // By default node drops the headers after the 2000th without a word, so that no guard sees them. All of
  // them together have 16 KB at most.
  server.maxHeadersCount = 0;
  return server;
}
