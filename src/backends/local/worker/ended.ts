import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Longest silence of a child while it ends. It sends a sign of life every second. */
const SILENT_MS = 3000;
/** Total time for its end, because it may have gigabytes of states to write. */
const MOST_MS = 60_000;
/** Time that the system takes to end a killed process, unless it hangs in a driver or a disk. */
const KILL_MS = 2000;

/** Waits for the end of a child after the command to end. Kills it if it is silent, or takes too long. */
export async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  const kill = () => killChild(child);
  const silence = setTimeout(kill, SILENT_MS);
  const limit = setTimeout(kill, MOST_MS);
  child.on('message', () => silence.refresh());
  await exit;
  clearTimeout(silence);
  clearTimeout(limit);
}

/** Kills a child. One that the system does not end counts as ended, so that no request waits for it. */
export function killChild(child: ChildProcess): void {
  child.kill('SIGKILL');
  const late = setTimeout(() => {
    child.unref();
    child.stderr?.destroy();
    if (child.connected) child.disconnect();
    child.emit('exit', null, 'SIGKILL');
  }, KILL_MS);
  child.once('exit', () => clearTimeout(late));
}
