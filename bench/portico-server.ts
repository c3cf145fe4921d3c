import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from './process.ts';
import type { ServerProcess } from './process.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/portico.js', import.meta.url));

/**
 * Starts a real `portico serve` in a new home folder.
 *
 * @param registry text of its models.yaml
 * @param flags flags in addition to the port, which the system chooses
 */
export async function startPorticoServer(
  registry: string,
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-bench-'));
  await writeFile(path.join(home, 'models.yaml'), registry);
  const server = await startServer([LAUNCHER, 'serve', '--port', '0', ...flags], {
    ...withoutSettings(process.env),
    PORTICO_HOME: home,
  });
  return {
    ...server,
    async stop() {
      await server.stop();
      await rm(home, { recursive: true });
    },
  };
}

/** Removes settings of the user's own server, which would change the figures. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('PORTICO_'));
  return Object.fromEntries(kept);
}
