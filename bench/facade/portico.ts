import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { startPorticoServer } from '../portico-server.ts';
import type { ServerProcess } from '../process.ts';
import { MODEL } from './requests.ts';

/** Starts a real `portico serve` with a model on the stub. */
export function startPortico(stub: string): Promise<ServerProcess> {
  return startPorticoServer(
    `models:\n  ${MODEL}: { backend: openai, url: ${stub}, server: other }\n`,
  );
}

/** Resident memory of a process, in MB of 2^20 bytes. */
export async function residentMb(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim()) / 1024;
}

/** Returns true if a process has the native engine loaded; undefined if the system does not report it. */
export async function hasEngine(pid: number): Promise<boolean | undefined> {
  try {
    return (await readFile(`/proc/${pid}/maps`, 'utf8')).includes('llama-addon');
  } catch {
    return undefined;
  }
}
