import { messageOf } from '../core/failure.ts';
import { FileWatch } from './file-watch.ts';
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

/**
 * Loads the registry and follows the user's file: edits in place, atomic renames, deletion, and
 * creation later on, its folder's included. It does not keep the process alive.
 * Throws as `loadRegistry` does where the file is broken from the start.
 */
export async function openLiveRegistry(
  files: RegistryFiles,
  on: RegistryListener,
): Promise<LiveRegistry> {
  let closed = false;
  // Opened before the file is read, so that an edit in between is noticed.
  const watch = await FileWatch.of(files.user, async () => {
    try {
      const registry = await loadRegistry(files);
      if (closed) return;
      current = registry;
      on.changed(registry);
    } catch (error) {
      if (!closed) on.broken(messageOf(error));
    }
  });
  let current = await loadRegistry(files);
  watch.start();
  return {
    get current() {
      return current;
    },
    close() {
      closed = true;
      watch.close();
    },
  };
}
