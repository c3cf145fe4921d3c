import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { startPorticoServer } from '../portico-server.ts';
import type { ServerProcess } from '../process.ts';
import { MODEL } from './requests.ts';

/** Starts a real `portico serve` in which one model leads to the stub. */
export function startPortico(stub: string): Promise<ServerProcess> {
  return startPorticoServer(
    `models:\n  ${MODEL}: { backend: openai, url: ${stub}, server: other }\n`,
  );
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
