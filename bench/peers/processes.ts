import { readdir, readFile } from 'node:fs/promises';

const NANOSECONDS = 1e6;
const KB = 1024;

/**
 * CPU time so far of the living threads of a process and its descendants, in milliseconds. `/proc/PID/stat` counts in
 * steps of 10 ms, which is the work of an idle server in a minute.
 */
export async function cpuMs(pid: number): Promise<number> {
  const lists = (await treeOf(pid)).map(async (one) => {
    const threads = await readdir(`/proc/${one}/task`).catch(() => []);
    return threads.map((thread) => read(`/proc/${one}/task/${thread}/schedstat`));
  });
  const texts = await Promise.all((await Promise.all(lists)).flat());
  const times = texts.map((text) => Number(text.split(' ')[0]) / NANOSECONDS);
  return times.reduce((sum, time) => sum + time, 0);
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
