import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** Interval of polling if the folder can't be watched, such as before it exists. */
const POLL_MS = 250;
/**
 * Interval of polling beside a watched folder. It is for what watching misses: targets of links, and some network
 * drives. Each look wakes an idle process.
 */
const RARE_POLL_MS = 2000;
/** Time after an event until the file is read. Editors that write in place empty it first. */
const SETTLE_MS = 100;

/** Watches a file that may not exist yet, and whose folder may come and go. It does not keep the process alive. */
export class FileWatch {
  readonly #path: string;
  readonly #changed: () => Promise<void>;
  #seen: string;
  #folder: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;
  #event: NodeJS.Timeout | undefined;
  #isLooking = false;
  /** True if something may have changed since the last look began. */
  #looksAgain = false;
  #isClosed = false;

  private constructor(path: string, seen: string, changed: () => Promise<void>) {
    this.#path = path;
    this.#seen = seen;
    this.#changed = changed;
  }

  /**
   * Returns a watch that notices every change from now on. It begins with `start`.
   *
   * @param changed called after a change; the next look waits for it
   */
  static async of(path: string, changed: () => Promise<void>): Promise<FileWatch> {
    return new FileWatch(path, await fingerprint(path), changed);
  }

  start(): void {
    this.#watchFolder();
    void this.#look();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#event);
    this.#folder?.close();
  }

  /** Watches the folder that the path means now, because a folder that was made again is another one. */
  #watchFolder(): void {
    this.#folder?.close();
    this.#folder = folderWatch(dirname(this.#path), (name) => {
      // Without a name, anything may have changed.
      if (name !== null && name !== basename(this.#path)) return;
      clearTimeout(this.#event);
      this.#event = setTimeout(() => void this.#look(), SETTLE_MS).unref();
    });
    clearInterval(this.#poll);
    const interval = this.#folder === undefined ? POLL_MS : RARE_POLL_MS;
    this.#poll = setInterval(() => void this.#look(), interval).unref();
  }

  async #look(): Promise<void> {
    this.#looksAgain = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#looksAgain && !this.#isClosed) {
      this.#looksAgain = false;
      const now = await fingerprint(this.#path);
      if (this.#isClosed) return;
      const isChanged = now !== this.#seen;
      this.#seen = now;
      if (isChanged || now === MISSING) this.#watchFolder();
      if (!isChanged) continue;
      await this.#changed();
      // The new watch has missed a change before its start.
      this.#looksAgain = true;
    }
    this.#isLooking = false;
  }
}

/** Watches a folder; undefined if that is not possible. */
function folderWatch(
  folder: string,
  changed: (name: string | null) => void,
): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => changed(name));
    // Polling goes on.
    return watcher.on('error', () => watcher.close());
  } catch {
    return undefined;
  }
}

const MISSING = 'missing';

/** Fingerprint of a file, which changes with it. */
async function fingerprint(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return MISSING;
  }
}
