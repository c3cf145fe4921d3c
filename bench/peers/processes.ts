import { readdir, readFile } from 'node:fs/promises';

/** Ticks of `/proc/PID/stat` are hundredths of a second on all Linux systems. */
const TICK_MS = 10;
const KB = 1024;

/** CPU time of a process and its descendants so far, in milliseconds. */
export async function cpuMs(pid: number): Promise<number> {
  const times = (await treeOf(pid)).map(async (one) => {
    // The name before the fields may contain spaces.
    const fields = (await read(`/proc/${one}/stat`)).replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
  });
  return (await Promise.all(times)).reduce((sum, time) => sum + time, 0);
}

/** Memory of a process and its descendants in MB. Shared pages count in proportion (PSS). */
export async function memoryMb(pid: number): Promise<number> {
  const sizes = (await treeOf(pid)).map(async (one) => {
    const pss = /^Pss:\s+(\d+) kB/m.exec(await read(`/proc/${one}/smaps_rollup`))?.[1];
    return Number(pss ?? 0) / KB;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function treeOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`)),
  );
  const children = lists.join(' ').split(' ').filter(Boolean).map(Number);
  const trees = await Promise.all(children.map((child) => treeOf(child)));
  return [pid, ...trees.flat()];
}

/** Text of a file of a process; empty if the process has ended. */
async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
