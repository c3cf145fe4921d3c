import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { messageOf, RuntimeFailure } from '../../core/failure.ts';
import { homeFolder } from '../../core/home-folder.ts';
import { isErrno } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { writeWholeFile } from '../../core/write-file.ts';
import { undoSettings, writeSettings } from './edit.ts';
import type { SettingChange, SettingsEdit } from './edit.ts';

const OWNER_ONLY = 0o600;

/** Record of the changes in a settings file, kept until they are undone. */
interface SettingsRecord {
  /** Path of the copy of the original file; null if there was no file. */
  readonly backup: string | null;
  /** SHA-256 of the written text. If the file still has it, an undo restores the backup byte for byte. */
  readonly written: string;
  readonly changes: readonly SettingChange[];
}

const json: z.ZodType<JsonValue> = z.json();

const records = z.record(
  z.string(),
  z.object({
    backup: z.string().nullable(),
    written: z.string(),
    changes: z.array(
      z.object({ path: z.array(z.string()), before: json.exactOptional(), after: json }),
    ),
  }),
);

/** Path of the user's settings file of Claude Code: in CLAUDE_CONFIG_DIR if that is set, otherwise in ~/.claude. */
export function claudeSettingsFile(environment: NodeJS.ProcessEnv): string {
  const folder = environment['CLAUDE_CONFIG_DIR'];
  return join(
    folder === undefined || folder === '' ? join(homeFolder(environment), '.claude') : folder,
    'settings.json',
  );
}

/** Plans the changes that write settings into a file. Throws if the file is invalid. */
export async function planSettings(file: string, settings: JsonObject): Promise<SettingsEdit> {
  return writeSettings(await readText(file), settings, file);
}

/**
 * Writes settings into a file, and records the replaced values in the data folder.
 *
 * @returns path of the backup, or undefined if there was no file
 */
export async function applySettings(
  file: string,
  settings: JsonObject,
  dataFolder: string,
): Promise<string | undefined> {
  const kept = await readRecords(dataFolder);
  const earlier = kept[file];
  const { text, changes } = await planSettings(file, settings);
  const backup = earlier === undefined ? await backUp(file) : earlier.backup;
  await mkdir(dirname(file), { recursive: true });
  // Write the record first: if the next write fails, an undo finds no value of ours and changes nothing.
  const record = {
    backup,
    written: digest(text),
    changes: joined(earlier?.changes ?? [], changes),
  };
  await writeRecords(dataFolder, { ...kept, [file]: record });
  await writeText(file, text);
  return backup ?? undefined;
}

/** Result of an undo; `kept` are the values that were changed in between. */
export type Undone =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'undone'; readonly kept: readonly SettingChange[] };

/** Removes from a file only what was written into it. Throws if the file is invalid. */
export async function restoreSettings(file: string, dataFolder: string): Promise<Undone> {
  const { [file]: record, ...others } = await readRecords(dataFolder);
  if (record === undefined) return { kind: 'nothing' };
  const text = await readText(file);
  const kept = text === undefined ? [] : await undo(file, text, record);
  await writeRecords(dataFolder, others);
  return { kind: 'undone', kept };
}

async function undo(
  file: string,
  text: string,
  { backup, written, changes }: SettingsRecord,
): Promise<readonly SettingChange[]> {
  const original = backup === null ? undefined : await readText(backup);
  const { text: undone, kept } = undoSettings(text, changes, file);
  const isUntouched = digest(text) === written;
  if (backup === null && (isUntouched || undone.replaceAll(/\s/g, '') === '{}')) await rm(file);
  else await writeText(file, isUntouched && original !== undefined ? original : undone);
  if (backup !== null && kept.length === 0) await rm(backup, { force: true });
  return kept;
}

/** Joins changes of two writes. An undo restores the value before the first of them. */
function joined(
  earlier: readonly SettingChange[],
  later: readonly SettingChange[],
): readonly SettingChange[] {
  const all = new Map(earlier.map((change) => [nameOf(change), change]));
  for (const change of later) {
    const first = all.get(nameOf(change));
    const isOurs = first !== undefined && first.after === change.before;
    all.set(nameOf(change), isOurs ? { ...first, after: change.after } : change);
  }
  return [...all.values()];
}

function nameOf({ path }: SettingChange): string {
  return JSON.stringify(path);
}

async function backUp(file: string): Promise<string | null> {
  if (!existsSync(file)) return null;
  const names = [`${file}.before-portico`];
  while (existsSync(names.at(-1) ?? '')) names.push(`${file}.before-portico-${names.length + 1}`);
  const backup = names.at(-1) ?? '';
  await writeWholeFile(backup, await readFile(file), (await stat(file)).mode);
  return backup;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw new RuntimeFailure('invalid-request', `${file} can't be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Writes a file. If it is a symbolic link, its target is written and the link stays. */
async function writeText(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => undefined);
  // A new file may contain a key.
  if (target === undefined) await writeWholeFile(file, text, OWNER_ONLY);
  else await writeWholeFile(target, text);
}

async function readRecords(dataFolder: string): Promise<Readonly<Record<string, SettingsRecord>>> {
  const file = recordsFile(dataFolder);
  const text = await readText(file);
  if (text === undefined) return {};
  try {
    return records.parse(JSON.parse(text));
  } catch (error) {
    throw new RuntimeFailure(
      'internal',
      `${file}, the record of what to undo, is damaged: ${messageOf(error)}; restore the backup next to ` +
        'your settings by hand, and delete this file',
      { cause: error },
    );
  }
}

async function writeRecords(
  dataFolder: string,
  kept: Readonly<Record<string, SettingsRecord>>,
): Promise<void> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const text = `${JSON.stringify(kept, undefined, 2)}\n`;
  await writeWholeFile(recordsFile(dataFolder), text, OWNER_ONLY);
}

function recordsFile(dataFolder: string): string {
  return join(dataFolder, 'claude-settings.json');
}
