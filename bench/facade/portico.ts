import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startServer } from './process.ts';
import type { ServerProcess } from './process.ts';
import { MODEL } from './requests.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/portico.js', import.meta.url));

/** Starts a real `portico serve` with a home of its own, in which one model leads to the stub. */
export async function startPortico(stub: string): Promise<ServerProcess> {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-bench-'));
  await writeFile(
    path.join(home, 'models.yaml'),
    `models:\n  ${MODEL}: { backend: openai, url: ${stub}, server: other }\n`,
  );
  const server = await startServer([LAUNCHER, 'serve', '--port', '0'], {
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

/** What a person has set for a server of their own would change what is measured. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('PORTICO_'));
  return Object.fromEntries(kept);
}

/** The memory of a process that is not swapped out, in MB of 2^20 bytes. */
export async function residentMb(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim()) / 1024;
}

/** Whether a process has the native engine loaded; undefined where the system does not tell. */
export async function hasEngine(pid: number): Promise<boolean | undefined> {
  try {
    return (await readFile(`/proc/${pid}/maps`, 'utf8')).includes('llama-addon');
  } catch {
    return undefined;
  }
}
