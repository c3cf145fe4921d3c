import { stat } from 'node:fs/promises';
import { messageOf } from '../core/failure.ts';
import { loadRegistry } from './load.ts';
import type { Registry, RegistryFiles } from './registry.ts';

/** Registry that follows its file. */
export interface LiveRegistry {
  /** Last valid registry. */
  readonly current: Registry;
  close(): void;
}

/** Receiver of changes of the file. */
export interface RegistryListener {
  changed(registry: Registry): void;
  /** Reports an unusable file; the last valid registry stays. */
  broken(message: string): void;
}

/** Interval of polling, which is one `stat`. */
const POLL_MILLISECONDS = 250;

/**
 * Loads the registry and follows the user's file: edits in place, atomic renames, deletion, and
 * creation later on, its folder's included. It does not keep the process alive.
 * Throws as `loadRegistry` does where the file is broken from the start.
 */
export async function openLiveRegistry(
  files: RegistryFiles,
  on: RegistryListener,
): Promise<LiveRegistry> {
  // Taken before the file is read, so that an edit in between is noticed.
  let seen = await fingerprint(files.user);
  let current = await loadRegistry(files);
  let busy = false;
  let closed = false;

  const look = async (): Promise<void> => {
    const now = await fingerprint(files.user);
    if (now === seen) {
      return;
    }
    seen = now;
    const registry = await loadRegistry(files);
    if (!closed) {
      current = registry;
      on.changed(registry);
    }
  };
  const timer = setInterval(() => {
    if (busy) {
      return;
    }
    busy = true;
    void look()
      .catch((error: unknown) => {
        if (!closed) {
          on.broken(messageOf(error));
        }
      })
      .finally(() => {
        busy = false;
      });
  }, POLL_MILLISECONDS);
  timer.unref();

  return {
    get current() {
      return current;
    },
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}

/**
 * Fingerprint of a file, which changes with it. It is polled, because watching misses some editors' way of
 * saving, network drives, and folders that do not exist yet.
 */
async function fingerprint(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'missing';
  }
}
