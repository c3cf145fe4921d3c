import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RuntimeFailure } from '../core/failure.ts';
import { parseJson } from '../core/json.ts';
import { writeWholeFile } from '../core/write-file.ts';
import { damaged } from './archive/entry.ts';
import { unpack } from './archive/unpack.ts';
import { diskFailure, makeFolder } from './disk.ts';
import { downloadAll } from './download-all.ts';
import type { DownloadOptions } from './download.ts';
import type { EngineBuild } from './engine-build.ts';

/** Folder of the only engine. */
const ENGINE = 'llama-server';

/** Installed engine, as the file `release.json` of its folder describes it. */
export interface InstalledEngine {
  readonly folder: string;
  /** Release, such as `b11211`. */
  readonly tag: string;
  /** Build, such as `vulkan`. */
  readonly build: string;
}

const RECORD = 'release.json';
const recordSchema = z.object({ tag: z.string(), build: z.string() });

/** Options of an installation. */
export interface InstallOptions extends Omit<DownloadOptions, 'access'> {
  /** Folder of all engines. */
  readonly enginesFolder: string;
  readonly program: string;
  readonly tag: string;
  /** Throws if the program does not run on this machine. */
  readonly check: (program: string) => Promise<void>;
}

/** Reads which engine is installed; undefined if none is. */
export async function installedEngine(enginesFolder: string): Promise<InstalledEngine | undefined> {
  const folder = join(enginesFolder, ENGINE);
  const text = await readFile(join(folder, RECORD), 'utf8').catch(() => undefined);
  const record = text === undefined ? undefined : recordSchema.safeParse(parseJson(text)).data;
  return record && { folder, ...record };
}

/**
 * Downloads a build, unpacks it, checks that it runs, and puts it in the place of an installed one. Until then, that
 * one stays. A broken download is resumed by the next call.
 *
 * @returns path of the program
 */
export async function installEngine(build: EngineBuild, options: InstallOptions): Promise<string> {
  const { enginesFolder, program, tag, signal, check } = options;
  const files = build.archives.map((archive) => ({
    ...archive,
    target: join(enginesFolder, archive.name),
    isArchive: true as const,
  }));
  await downloadAll(files, { ...options, access: undefined });
  const draft = join(enginesFolder, `${ENGINE}.new`);
  try {
    await removeFolder(draft);
    await makeFolder(draft);
    const folder = await unpackAll(files, draft, signal);
    if (!existsSync(join(folder, program))) {
      throw damaged(files[0]?.target ?? folder, `does not contain ${program}`);
    }
    await check(join(folder, program));
    await writeWholeFile(join(folder, RECORD), JSON.stringify({ tag, build: build.name }));
    await replaceBy(folder, enginesFolder);
  } finally {
    // An archive that could not be unpacked, or does not run here, won't do so at the next attempt.
    if (!signal.aborted) for (const { target } of files) await rm(target, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
  return join(enginesFolder, ENGINE, program);
}

/** Removes the installed engine, and what broken installations have left. Returns true if something was there. */
export async function removeEngine(enginesFolder: string): Promise<boolean> {
  const names = await readdir(enginesFolder).catch(() => []);
  for (const name of names) await removeFolder(join(enginesFolder, name));
  return names.length > 0;
}

/** Unpacks archives, and returns the folder with the files of all. Libraries of CUDA come in an archive of their own. */
async function unpackAll(
  archives: readonly { readonly target: string }[],
  draft: string,
  signal: AbortSignal,
): Promise<string> {
  const folders: string[] = [];
  for (const [index, { target }] of archives.entries()) {
    const folder = join(draft, String(index));
    await makeFolder(folder);
    await unpack(target, folder, signal);
    folders.push(await withoutOuter(folder));
  }
  const [first = draft, ...others] = folders;
  for (const other of others) {
    for (const name of await readdir(other)) await rename(join(other, name), join(first, name));
  }
  return first;
}

/** Folder of the files: some archives have a folder for the release around them. */
async function withoutOuter(folder: string): Promise<string> {
  const [only, ...others] = await readdir(folder, { withFileTypes: true });
  return only?.isDirectory() === true && others.length === 0 ? join(folder, only.name) : folder;
}

/** Puts a folder in the place of the installed engine. */
async function replaceBy(folder: string, enginesFolder: string): Promise<void> {
  const place = join(enginesFolder, ENGINE);
  const before = join(enginesFolder, `${ENGINE}.old`);
  await removeFolder(before);
  try {
    if (existsSync(place)) await rename(place, before);
    await rename(folder, place);
  } catch (error) {
    throw inUse(place, error);
  }
  await rm(before, { recursive: true, force: true });
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
    throw inUse(folder, error);
  });
}

/** Windows keeps the files of running programs. */
function inUse(folder: string, error: unknown): RuntimeFailure {
  const { message } = diskFailure(error, folder);
  return new RuntimeFailure(
    'conflict',
    `${message}. If a model is run by it, unload it first: portico stop`,
    { cause: error },
  );
}
