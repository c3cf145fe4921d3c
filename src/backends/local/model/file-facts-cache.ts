import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeWholeFile } from '../../../core/write-file.ts';
import { fileFactsSchema } from './file-facts.ts';
import type { FactsQuestion, FileFacts } from './file-facts.ts';
import { FileFactsThread } from './file-facts-thread.ts';
import { problemOfGguf } from './require-gguf.ts';
import { parseJson } from '../../../core/one-line.ts';

/** Raise it if the same file is read otherwise than before. */
const VERSION = 2;

/** The oldest entries beyond these are dropped: their files may be gone. */
const MOST_ENTRIES = 1000;

const entrySchema = z.object({
  sizeBytes: z.number(),
  changedMs: z.number(),
  facts: fileFactsSchema,
});

type Entry = z.infer<typeof entrySchema>;

const cacheSchema = z.object({
  version: z.literal(VERSION),
  files: z.record(z.string(), entrySchema),
});

export interface FileFactsOptions {
  /** Folder of the cache; it need not exist. */
  readonly folder: string;
  /** Compiled module of the thread, if it is not beside this one. */
  readonly readerModule?: URL;
}

/** Facts of model files, cached on disk by path, size and time of change. */
export class FileFactsCache {
  readonly #file: string;
  readonly #thread: FileFactsThread;
  readonly #entries = new Map<string, Entry>();
  readonly #reading = new Map<string, Promise<FileFacts | undefined>>();
  #loading: Promise<void> | undefined;
  #isChanged = false;

  constructor({ folder, readerModule }: FileFactsOptions) {
    this.#file = path.join(folder, 'model-files.json');
    this.#thread = new FileFactsThread(
      readerModule ?? new URL('./file-facts-reader.js', import.meta.url),
    );
  }

  /** Facts of a file, or its problem; undefined if there is no such file, or nothing is found out in time. */
  async read(question: FactsQuestion): Promise<FileFacts | undefined> {
    const found = await stat(question.file).catch(() => undefined);
    if (found === undefined) return undefined;
    if (!found.isFile()) return { problem: problemOfGguf(question.file) };
    await (this.#loading ??= this.#load());
    const key = keyOf(question);
    const stamp = { sizeBytes: found.size, changedMs: found.mtimeMs };
    const known = this.#entries.get(key);
    if (known?.sizeBytes === stamp.sizeBytes && known.changedMs === stamp.changedMs) {
      return known.facts;
    }
    const reading = this.#reading.get(key) ?? this.#read(question, key, stamp);
    this.#reading.set(key, reading);
    return reading;
  }

  /** Ends the thread, and writes what was read. */
  async close(): Promise<void> {
    this.#thread.close();
    await this.#save();
  }

  async #read(question: FactsQuestion, key: string, stamp: Omit<Entry, 'facts'>) {
    const facts = await this.#thread.read(question);
    this.#reading.delete(key);
    this.#entries.delete(key);
    // What can't be used now, such as a file that is still copied, is tried again.
    if (facts !== undefined && facts.problem === undefined) {
      this.#entries.set(key, { ...stamp, facts });
      this.#isChanged = true;
    }
    if (this.#reading.size === 0) await this.#save();
    return facts;
  }

  async #load(): Promise<void> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    const { data } = cacheSchema.safeParse(parseJson(text));
    for (const [key, entry] of Object.entries(data?.files ?? {})) this.#entries.set(key, entry);
  }

  async #save(): Promise<void> {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    const files = Object.fromEntries([...this.#entries].slice(-MOST_ENTRIES));
    try {
      await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      // It names the user's files.
      await writeWholeFile(this.#file, JSON.stringify({ version: VERSION, files }), 0o600);
    } catch {
      // The next process reads the files again.
    }
  }
}

function keyOf({ file, template }: FactsQuestion): string {
  if (template === undefined) return file;
  return `${file} ${createHash('sha256').update(template).digest('hex')}`;
}
