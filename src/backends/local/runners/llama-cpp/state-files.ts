import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Token } from 'node-llama-cpp';
import { messageOf } from '../../../../core/failure.ts';
import type { Slot } from './slot.ts';
import { largest } from '../../../../core/lists.ts';

export interface StateFilesOptions {
  /** The folder of all engines' state files; each process has one of its own in it. */
  readonly folder: string;
  /** Bytes that this engine's files may take together. */
  readonly limitBytes: number;
  /** Told once why states can't be kept. */
  readonly log: (message: string) => void;
}

/** The state of a slot that was given up, in a file. */
export interface SavedState {
  readonly tokens: readonly Token[];
  readonly file: string;
  readonly bytes: number;
}

/** Assumed of a disk until something was written. */
const BYTES_PER_MILLISECOND = 200_000;
/** Of so many last files the fastest tells: a slow one may have been held up by other processes. */
const MEASURED_FILES = 5;

/** States of slots that were given up: as many as fit into the limit, the oldest out first. */
export class StateFiles {
  readonly limitBytes: number;
  readonly #folder: string;
  readonly #log: (message: string) => void;
  /** The least recently used first. */
  #saved: readonly SavedState[] = [];
  #speeds: readonly number[] = [BYTES_PER_MILLISECOND];
  #failed = false;
  readonly #removeAll = () => {
    try {
      rmSync(this.#folder, { recursive: true, force: true });
    } catch {
      // What can't be removed now is stale to the next process.
    }
  };

  private constructor(options: StateFilesOptions) {
    this.limitBytes = options.limitBytes;
    this.#folder = path.join(options.folder, `${process.pid}-${randomUUID()}`);
    this.#log = options.log;
    process.on('exit', this.#removeAll);
  }

  /** Makes the folder, and removes what processes that have ended left behind. */
  static async open(options: StateFilesOptions): Promise<StateFiles> {
    const files = new StateFiles(options);
    try {
      await removeStale(options.folder);
      // What was said to a model is nobody else's business.
      await mkdir(files.#folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      files.#fail(error);
    }
    return files;
  }

  get saved(): readonly SavedState[] {
    return this.#saved;
  }

  /** As last measured. */
  get bytesPerMillisecond(): number {
    return largest(this.#speeds);
  }

  /** Whether anything can be saved: not after a failure. */
  get works(): boolean {
    return !this.#failed;
  }

  /** A folder for files that are in use for a moment; undefined where there is none. */
  get scratch(): string | undefined {
    return this.#failed ? undefined : this.#folder;
  }

  /** Saves a slot's state, in place of those that it goes on from. */
  async save(slot: Slot): Promise<void> {
    const { tokens } = slot;
    const file = path.join(this.#folder, randomUUID());
    const started = performance.now();
    try {
      const bytes = await slot.save(file);
      const written = (await stat(file)).size;
      if (written < bytes) throw new Error(`only ${written} of ${bytes} bytes were written`);
      const speed = bytes / Math.max(performance.now() - started, 1);
      this.#speeds = [...this.#speeds, speed].slice(-MEASURED_FILES);
      const kept = this.#saved.filter((state) => !isPrefix(state.tokens, tokens));
      await this.#replace([...kept, { tokens, file, bytes }]);
    } catch (error) {
      await rm(file, { force: true }).catch(() => undefined);
      this.#fail(error);
    }
  }

  /** Loads a saved state into a slot; the slot is empty where that fails. */
  async load(state: SavedState, slot: Slot): Promise<void> {
    const others = this.#saved.filter((one) => one !== state);
    try {
      // Now used, it is the last to go.
      this.#saved = [...others, state];
      await slot.load(state.file);
    } catch (error) {
      await this.#replace(others);
      this.#fail(error);
    }
  }

  /** Removes all files. */
  close(): void {
    this.#failed = true;
    this.#saved = [];
    process.off('exit', this.#removeAll);
    this.#removeAll();
  }

  /** Keeps these and no others, as far as the limit goes. */
  async #replace(states: readonly SavedState[]): Promise<void> {
    let bytes = 0;
    const newest = states.toReversed().filter((state) => (bytes += state.bytes) <= this.limitBytes);
    const removed = [...this.#saved, ...states].filter((state) => !newest.includes(state));
    this.#saved = newest.toReversed();
    await Promise.all(removed.map(({ file }) => rm(file, { force: true })));
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#log(
      `Prefixes can't be kept in ${this.#folder}: ${messageOf(error)}. ` +
        'They are evaluated again instead, until the engine is started anew.',
    );
  }
}

function isPrefix(tokens: readonly Token[], of: readonly Token[]): boolean {
  return tokens.length <= of.length && tokens.every((token, index) => token === of[index]);
}

/** Removes the folders of processes that are no more: a name begins with its process's id. */
async function removeStale(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const stale = names.filter((name) => !isRunning(Number.parseInt(name, 10)));
  await Promise.all(stale.map((name) => rm(path.join(folder, name), { recursive: true })));
}

function isRunning(pid: number): boolean {
  // Never touch what is not named as ours are.
  if (!Number.isInteger(pid)) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
