import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder with a file for each server that a worker shares: its process id, with the path of its home. */
    readonly sharedServers: string;
  }
}

/** Global setup of the tests: ends the servers that workers share, since vitest ends workers at once. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-shared-'));
  project.provide('sharedServers', folder);
  return async () => {
    for (const pid of await readdir(folder)) {
      process.kill(Number(pid));
      const home = await readFile(path.join(folder, pid), 'utf8');
      // A server writes into its home until it has ended.
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
    }
    await rm(folder, { recursive: true });
  };
}
