import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Time that a child may be silent while it ends; it sends a sign of life every second. */
const SILENT_MILLISECONDS = 3000;
/** Time that it gets in all: it may have gigabytes of states to write. */
const MOST_MILLISECONDS = 60_000;

/** Waits for a child that was told to end. Kills it if it is silent, or takes too long. */
export async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  const silence = setTimeout(kill, SILENT_MILLISECONDS);
  const limit = setTimeout(kill, MOST_MILLISECONDS);
  child.on('message', () => silence.refresh());
  await exit;
  clearTimeout(silence);
  clearTimeout(limit);
}
