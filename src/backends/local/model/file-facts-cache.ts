import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeWholeFile } from '../../../core/write-file.ts';
import type { FileFactsRequest, FileFacts } from './file-facts.ts';
import { FileFactsProcess } from './file-facts-process.ts';
import { problemOfGguf } from './require-gguf.ts';
import { parseJson } from '../../../core/json.ts';

/** Version of the cache. Increment it after a change of the facts for the same file. */
const VERSION = 2;

/** Limit of entries. The oldest ones are dropped, because their files may be removed. */
const MOST_ENTRIES = 1000;

const fileFactsSchema = z.object({
  trainedContext: z.number().optional(),
  thinking: z.enum(['none', 'switchable', 'always']).optional(),
}) satisfies z.ZodType<FileFacts>;

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
  /** Compiled module of the child process; default: the one next to this module. */
  readonly childModule?: URL;
}

/** Facts of model files, cached on disk by path, size and time of change. */
export class FileFactsCache {
  readonly #file: string;
  readonly #process: FileFactsProcess;
  readonly #entries = new Map<string, Entry>();
  readonly #reading = new Map<string, Promise<FileFacts | undefined>>();
  #loading: Promise<void> | undefined;
  #isChanged = false;

  constructor({ folder, childModule }: FileFactsOptions) {
    this.#file = path.join(folder, 'model-files.json');
    this.#process = new FileFactsProcess(
      childModule ?? new URL('./file-facts-child.js', import.meta.url),
    );
  }

  /** Returns the facts of a file, or its problem; undefined if there is no such file, or no result in time. */
  async read(request: FileFactsRequest): Promise<FileFacts | undefined> {
    const found = await stat(request.file).catch(() => undefined);
    if (found === undefined) return undefined;
    if (!found.isFile()) return { problem: problemOfGguf(request.file) };
    await (this.#loading ??= this.#load());
    const key = keyOf(request);
    const stamp = { sizeBytes: found.size, changedMs: found.mtimeMs };
    const known = this.#entries.get(key);
    if (known?.sizeBytes === stamp.sizeBytes && known.changedMs === stamp.changedMs) {
      return known.facts;
    }
    const reading = this.#reading.get(key) ?? this.#read(request, key, stamp);
    this.#reading.set(key, reading);
    return reading;
  }

  /** Ends the process, and writes the cache. */
  async close(): Promise<void> {
    this.#process.close();
    await this.#save();
  }

  async #read(request: FileFactsRequest, key: string, stamp: Omit<Entry, 'facts'>) {
    const facts = await this.#process.read(request);
    this.#reading.delete(key);
    this.#entries.delete(key);
    // A file with a problem is tried again, because it may still be copied.
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
      // Readable by the owner only, because it names the user's files.
      await writeWholeFile(this.#file, JSON.stringify({ version: VERSION, files }), 0o600);
    } catch {
      // Ignored: the next process reads the files again.
    }
  }
}

function keyOf({ file, template }: FileFactsRequest): string {
  if (template === undefined) return file;
  return `${file} ${createHash('sha256').update(template).digest('hex')}`;
}
