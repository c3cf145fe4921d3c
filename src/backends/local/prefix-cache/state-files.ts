import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Token } from 'node-llama-cpp';
import type { SessionKey } from '../../../core/backend.ts';
import { messageOf } from '../../../core/failure.ts';
import { largest } from '../../../core/lists.ts';
import type { StateCache } from '../engine-settings.ts';
import { enforceLimit, heldBytes } from '../states/budget.ts';
import { FolderAccess } from '../states/folder-access.ts';
import { stateLimit } from '../states/limit.ts';
import {
  checksumOf,
  readTokens,
  removeRemains,
  removeState,
  stateFile,
  touch,
  weightsFolder,
  writeRecord,
} from '../states/record.ts';
import { removeScratch, removeStale, scratchName } from '../states/scratch.ts';
import type { Transcripts } from '../transcripts.ts';
import {
  isPrefix,
  readSaved,
  reusableLength,
  sessionName,
  transcriptsIn,
  usersOf,
} from './saved-state.ts';
import type { SavedState } from './saved-state.ts';
import type { CachedSlot } from './cached-slot.ts';

export interface StateFilesOptions extends StateCache {
  /** Name of the model. */
  readonly model: string;
  /** Identity of its weights. States of other weights are not read. */
  readonly identity: string;
  /** True if a file lacks a part of the state, so that a restored one can be continued, but not cut. */
  readonly isPartial?: boolean;
  readonly transcripts: Transcripts<readonly Token[]>;
  /** Logs the reason, once, if states can't be saved. */
  readonly log: (message: string) => void;
}

/** Assumed speed of a disk before the first write. */
const BYTES_PER_MS = 200_000;
/** Number of the last files whose fastest one counts, because other processes may have delayed a slow one. */
const MEASURED_FILES = 5;

/** States of earlier slots, in files that outlive this process. */
export class StateFiles {
  /** True if a restored state can be continued, but not cut. */
  readonly isPartial: boolean;
  readonly #options: StateFilesOptions;
  readonly #folder: string;
  readonly #scratch: string;
  /** Ordered by use, the least recently used first. */
  #saved: readonly SavedState[] = [];
  #context = '';
  /** A longer state does not fit the context. */
  #mostTokens = Infinity;
  #limitBytes = 0;
  #speeds: readonly number[] = [BYTES_PER_MS];
  readonly #access = new FolderAccess(
    () => this.#open(),
    (error) => this.#report(error),
  );
  readonly #removeScratch = () => removeScratch(this.#scratch);

  private constructor(options: StateFilesOptions) {
    this.#options = options;
    this.isPartial = options.isPartial === true;
    this.#folder = weightsFolder(options.folder, options.identity);
    this.#scratch = path.join(options.folder, scratchName(process.pid));
    process.on('exit', this.#removeScratch);
  }

  /** Opens the states of a model: reads those of earlier processes, and removes temporary files of ended ones. */
  static async open(options: StateFilesOptions): Promise<StateFiles> {
    const files = new StateFiles(options);
    await files.#access.ready();
    return files;
  }

  /** States that fit the context. */
  get saved(): readonly SavedState[] {
    return this.#saved.filter(
      ({ record, tokens }) => record.context === this.#context && tokens.length < this.#mostTokens,
    );
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Last measured speed of the disk. */
  get bytesPerMs(): number {
    return largest(this.#speeds);
  }

  /** Folder for temporary files; undefined if there is none. */
  get scratch(): string | undefined {
    return this.#access.isOpen ? this.#scratch : undefined;
  }

  /** Returns true if states can be saved. Some time after a failure, tries the folder again. */
  ready(): Promise<boolean> {
    return this.#access.ready();
  }

  /** Returns true if a saved state may save a prompt more than `tokens` tokens. */
  knows(prompt: readonly Token[], tokens: number): boolean {
    return this.#saved.some((state) => reusableLength(state, prompt, this.isPartial) > tokens);
  }

  /**
   * Sets the parameters that decide the bytes of a state, and the size of the context. States with other parameters, or
   * for a larger context, are not read.
   */
  useContext(context: string, mostTokens: number): void {
    this.#context = context;
    this.#mostTokens = mostTokens;
  }

  /**
   * Saves a slot's state, and replaces the states that it continues.
   *
   * @param seconds saved seconds of evaluation
   */
  async save(slot: CachedSlot, seconds = 0): Promise<void> {
    const draft = path.join(this.#scratch, randomUUID());
    const started = performance.now();
    try {
      // Another server may have removed the folder, because it was not used for long.
      await mkdir(this.#scratch, { recursive: true, mode: 0o700 });
      const { bytes, tokens } = await slot.save(draft);
      const written = (await stat(draft)).size;
      if (written < bytes) throw new Error(`only ${written} of ${bytes} bytes were written`);
      const speed = bytes / Math.max(performance.now() - started, 1);
      this.#speeds = [...this.#speeds, speed].slice(-MEASURED_FILES);
      await this.#add(draft, slot, tokens, { bytes: written, seconds });
      this.#access.succeed();
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      this.#access.fail(error);
    }
  }

  /** Loads a saved state into a slot. After a failure, the slot may be empty, and the state is forgotten. */
  async load(state: SavedState, slot: CachedSlot): Promise<boolean> {
    try {
      if (!state.isOwn && (await checksumOf(stateFile(state.stem))) !== state.record.checksum) {
        throw new Error('it is damaged, or another file');
      }
      await slot.load(stateFile(state.stem), state.tokens);
    } catch (error) {
      this.#options.log(
        `A prefix of ${this.#options.model} can't be restored from ${stateFile(state.stem)}: ` +
          `${messageOf(error)}. It is evaluated again.`,
      );
      this.#saved = this.#saved.filter((one) => one !== state);
      await removeState(state.stem);
      return false;
    }
    await this.#used(state, slot.session);
    return true;
  }

  /** Removes the files of this process only. */
  close(): void {
    this.#access.close();
    this.#saved = [];
    process.off('exit', this.#removeScratch);
    this.#removeScratch();
  }

  async #open(): Promise<void> {
    const { folder, transcripts } = this.#options;
    await removeStale(folder);
    // Only the owner may read conversations.
    for (const one of [this.#folder, this.#scratch]) {
      await mkdir(one, { recursive: true, mode: 0o700 });
    }
    await removeRemains(this.#folder);
    this.#limitBytes = await stateLimit(this.#options, await heldBytes(folder));
    // The limit or the free disk may be smaller than at the last write.
    await enforceLimit(folder, this.#limitBytes);
    this.#saved = await readSaved(this.#folder, transcripts);
  }

  async #add(
    draft: string,
    slot: CachedSlot,
    tokens: readonly Token[],
    size: { readonly bytes: number; readonly seconds: number },
  ): Promise<void> {
    const { model, folder } = this.#options;
    const { keys, written } = transcriptsIn(this.#options.transcripts, tokens);
    const replaced = this.saved.filter((state) => isPrefix(state.tokens, tokens));
    const record = {
      model,
      context: this.#context,
      tokens: tokens.length,
      ...size,
      checksum: await checksumOf(draft),
      transcripts: keys,
      ...usersOf(slot, replaced),
    };
    const stem = path.join(this.#folder, randomUUID());
    await chmod(draft, 0o600);
    try {
      await rename(draft, stateFile(stem));
      await writeRecord(stem, record, written, this.#scratch);
    } catch (error) {
      await removeState(stem);
      throw error;
    }
    const added: SavedState = { tokens, bytes: size.bytes, stem, record, isOwn: true };
    await Promise.all(replaced.map((state) => removeState(state.stem)));
    const removed = await enforceLimit(folder, this.#limitBytes);
    this.#saved = [...this.#saved, added].filter(
      (state) => !replaced.includes(state) && !removed.has(state.stem),
    );
  }

  /** Marks a state as the most recently used one. */
  async #used(state: SavedState, session: SessionKey): Promise<void> {
    const others = this.#saved.filter((one) => one !== state);
    const name = sessionName(session);
    const isKnown = name === '' || state.record.sessions.includes(name);
    const sessions = isKnown ? state.record.sessions : [...state.record.sessions, name];
    const record = { ...state.record, sessions };
    this.#saved = [...others, { ...state, record, isOwn: true }];
    if (isKnown) await touch(state.stem);
    else {
      const written = await readTokens(state.stem).catch(() => undefined);
      if (written === undefined) return;
      await writeRecord(state.stem, record, written, this.#scratch).catch(() => {});
    }
  }

  #report(error: unknown): void {
    this.#options.log(
      `Prefixes can't be kept in ${this.#options.folder}: ${messageOf(error)}. ` +
        'They are evaluated again instead, until files can be written there.',
    );
  }
}
