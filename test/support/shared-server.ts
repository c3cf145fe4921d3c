import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inject } from 'vitest';
import { MINI_FILE } from './engine-variant.ts';
import { startServer } from './server.ts';
import type { RunningServer } from './server.ts';

let started: Promise<RunningServer> | undefined;

/** Models of the shared server beside the embedded one, by other names or in other settings. */
const REGISTRY = `models:
  text-only: { backend: llama, file: ${JSON.stringify(MINI_FILE)}, context: 4096 }
  qwen3-coder: { backend: llama, file: ${JSON.stringify(MINI_FILE)}, sampling: { temperature: 0 } }
aliases:
  first-alias: mini
  second-alias: mini
  your-model-name: mini
`;

/**
 * Returns the server that all test files of a worker share, with the default settings and the models of
 * `REGISTRY`. Its logs and its counts of cached tokens are of all of them. The end of the run ends it.
 */
export function sharedServer(): Promise<RunningServer> {
  started ??= start();
  return started;
}

async function start(): Promise<RunningServer> {
  const server = await startServer({ registry: REGISTRY });
  await writeFile(path.join(inject('sharedServers'), String(server.process.pid)), server.home);
  return server;
}
