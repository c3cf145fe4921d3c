import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inject } from 'vitest';
import { startServer } from './server.ts';
import type { RunningServer } from './server.ts';

let started: Promise<RunningServer> | undefined;

/**
 * Returns the server that all test files of a worker share, with the default settings and two aliases of
 * the embedded model: `first-alias` and `second-alias`. The end of the run ends it.
 */
export function sharedServer(): Promise<RunningServer> {
  started ??= start();
  return started;
}

async function start(): Promise<RunningServer> {
  const registry = 'aliases:\n  first-alias: mini\n  second-alias: mini\n';
  const server = await startServer({ registry });
  await writeFile(path.join(inject('sharedServers'), String(server.process.pid)), server.home);
  return server;
}
