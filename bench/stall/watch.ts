import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { residentMb } from '../facade/portico.ts';
import type { ServerProcess } from '../process.ts';

const SAMPLE_MS = 20;
const PAGE_BYTES = 4096;

/** Waits and memory of a server since the last call of `take`. */
export interface Strain {
  /** Longest wait of the probe. */
  readonly waitMs: number;
  readonly peakMb: number;
}

/** Observation of a server from another process. */
export interface Watch {
  /** Returns the strain since the last call. */
  take(): Promise<Strain>;
  stop(): void;
}

export async function watchServer({ url, pid }: ServerProcess): Promise<Watch> {
  const probe = fork(fileURLToPath(new URL('probe.js', import.meta.url)), [url]);
  const answer = async (): Promise<number> => z.number().parse((await once(probe, 'message'))[0]);
  await answer();
  let peakMb = 0;
  const sample = async (): Promise<void> => {
    peakMb = Math.max(peakMb, await memoryOf(pid));
  };
  const timer = setInterval(() => void sample().catch(() => undefined), SAMPLE_MS);
  return {
    async take() {
      probe.send('take');
      const waitMs = await answer();
      await sample();
      const strain = { waitMs, peakMb };
      peakMb = 0;
      return strain;
    },
    stop() {
      clearInterval(timer);
      probe.disconnect();
    },
  };
}

/** Reads the memory of a process from Linux. A call of `ps` would compete for the CPU. */
async function memoryOf(pid: number): Promise<number> {
  try {
    const [, pages] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ');
    return (Number(pages) * PAGE_BYTES) / 2 ** 20;
  } catch {
    return residentMb(pid);
  }
}
