import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { messageOf, RuntimeFailure } from '../../core/failure.ts';
import { homeFolder } from '../../core/home-folder.ts';
import { isRecord } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { writeWholeFile } from '../../core/write-file.ts';
import { undoSettings, writeSettings } from './edit.ts';
import type { SettingChange, SettingsEdit } from './edit.ts';

const OWNER_ONLY = 0o600;

/** What was written into a settings file, kept until it is undone. */
interface SettingsRecord {
  /** The file as it was before; null where there was none. */
  readonly backup: string | null;
  /** SHA-256 of the text that was written: while it stands, undoing gives the backup byte for byte. */
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

/** The user's own settings file of Claude Code: in CLAUDE_CONFIG_DIR where that is set, else in ~/.claude. */
export function claudeSettingsFile(environment: NodeJS.ProcessEnv): string {
  const folder = environment['CLAUDE_CONFIG_DIR'];
  return join(
    folder === undefined || folder === '' ? join(homeFolder(environment), '.claude') : folder,
    'settings.json',
  );
}

/** What writing our settings into a file would change. Throws where the file is broken. */
export async function planSettings(file: string, settings: JsonObject): Promise<SettingsEdit> {
  return writeSettings(await readText(file), settings, file);
}

/**
 * Writes our settings into a file, and remembers in the data folder what they take the place of.
 *
 * @returns the backup, or undefined where there was no file
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
  // The record comes first: should the write fail, undoing finds nothing of ours and changes nothing.
  const record = {
    backup,
    written: digest(text),
    changes: joined(earlier?.changes ?? [], changes),
  };
  await writeRecords(dataFolder, { ...kept, [file]: record });
  await writeText(file, text);
  return backup ?? undefined;
}

/** What undoing came to. */
export type Undone =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'undone'; readonly kept: readonly SettingChange[] };

/** Takes out of a file what was written into it, and nothing else. Throws where the file is broken. */
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

/** What was there before the first of two changes is what undoing has to give. */
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
    if (isRecord(error) && error['code'] === 'ENOENT') return undefined;
    throw new RuntimeFailure('invalid-request', `${file} can't be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** What a link leads to is written, and the link stays. */
async function writeText(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => undefined);
  // A new file may hold a key.
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
      `${file}, which says what to undo, is damaged: ${messageOf(error)}; put the backup beside ` +
        'your settings back by hand, and delete this file',
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
