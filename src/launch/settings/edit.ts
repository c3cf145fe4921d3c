import { findNodeAtLocation, getNodeValue } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';
import { z } from 'zod';
import { isJsonObject } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { removeValue, setValue } from './json-text.ts';
import { parseForClaude, parseWithComments, splitMark } from './text.ts';

const json: z.ZodType<JsonValue> = z.json();

/** Change of one value in a settings file. */
export interface SettingChange {
  /** Keys from the top, such as `env`, `ANTHROPIC_MODEL`. */
  readonly path: readonly string[];
  /** Absent if the file had no such value. */
  readonly before?: JsonValue;
  readonly after: JsonValue;
}

/** Settings file after its changes. */
export interface SettingsEdit {
  readonly text: string;
  readonly changes: readonly SettingChange[];
}

/**
 * Sets values in a settings file; order and everything else stay as they are. A group that is null
 * becomes an object, as a change of its own. Throws `invalid-request` if Claude Code would ignore the
 * file.
 *
 * @param text content of the file; undefined if there is no file
 * @param file name of the file, for messages
 */
export function writeSettings(
  text: string | undefined,
  settings: JsonObject,
  file: string,
): SettingsEdit {
  const { mark, body } = splitMark(text ?? '');
  const given = body.trim() === '' ? '{}\n' : body;
  const root = parseForClaude(given, file);
  const leaves = leavesOf(settings).flatMap(({ path, value }): SettingChange[] => {
    const node = findNodeAtLocation(root, [...path]);
    if (node === undefined) return [{ path, after: value }];
    const before = json.parse(getNodeValue(node));
    return before === value ? [] : [{ path, before, after: value }];
  });
  const changes = [...nullGroups(root, settings), ...leaves];
  const written = changes.reduce((edited, { path, after }) => set(edited, path, after), given);
  return { text: mark + written, changes };
}

/** Changes that replace null by an empty object, for each group that gets values. */
function nullGroups(root: Node, settings: JsonObject): readonly SettingChange[] {
  return Object.entries(settings)
    .filter(
      ([key, value]) => isJsonObject(value) && findNodeAtLocation(root, [key])?.type === 'null',
    )
    .map(([key]) => ({ path: [key], before: null, after: {} }));
}

/** Settings file after an undo, and the values that it left because they were changed in between. */
export interface SettingsUndo {
  readonly text: string;
  readonly kept: readonly SettingChange[];
}

/**
 * Undoes changes. Each value that is still Portico's gets its earlier value back. Groups that are empty
 * afterwards are removed, or are null again. The user may have added comments and trailing commas.
 * Throws `invalid-request` if the text is not a JSON object.
 */
export function undoSettings(
  text: string,
  changes: readonly SettingChange[],
  file: string,
): SettingsUndo {
  const { mark, body } = splitMark(text);
  const root = parseWithComments(body, file);
  const leaves = changes.filter(({ after }) => !isJsonObject(after));
  const isOurs = ({ path, after }: SettingChange): boolean => {
    const node = findNodeAtLocation(root, [...path]);
    return node !== undefined && getNodeValue(node) === after;
  };
  const undone = leaves.filter(isOurs);
  const reverted = undone.reduce((edited, { path, before }) => set(edited, path, before), body);
  const groups = new Set(undone.flatMap(({ path }) => (path.length > 1 ? path.slice(0, 1) : [])));
  const cleaned = [...groups].reduce((edited, group) => {
    const made = changes.find(({ path, after }) => isJsonObject(after) && path.join() === group);
    return withoutEmpty(edited, group, made?.before, file);
  }, reverted);
  return { text: mark + cleaned, kept: leaves.filter((change) => !isOurs(change)) };
}

/** Formats changes as a diff: lines that begin with `-` and `+`. */
export function describeChanges(changes: readonly SettingChange[]): string {
  return changes
    .flatMap(({ path, before, after }) => {
      const name = path.join('.');
      const old = before === undefined ? [] : [`  - ${name}: ${shown(name, before)}`];
      // The values of a new group follow as changes of their own.
      return isJsonObject(after) ? old : [...old, `  + ${name}: ${shown(name, after)}`];
    })
    .join('\n');
}

/** Formats a value. Keys are hidden: output on a screen is often recorded. */
function shown(name: string, value: JsonValue): string {
  const isSecret = /TOKEN$|KEY$|SECRET/.test(name) && value !== '';
  return isSecret ? '(not shown)' : JSON.stringify(value);
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: JsonValue;
}

function leavesOf(settings: JsonObject, above: readonly string[] = []): readonly Leaf[] {
  return Object.entries(settings).flatMap(([key, value]) =>
    isJsonObject(value) ? leavesOf(value, [...above, key]) : [{ path: [...above, key], value }],
  );
}

/** Sets a value, or removes it if `value` is undefined. */
function set(text: string, path: readonly string[], value: JsonValue | undefined): string {
  return value === undefined ? removeValue(text, path) : setValue(text, path, value);
}

/** Removes an empty group, or sets it back to the value before the group. */
function withoutEmpty(
  text: string,
  group: string,
  before: JsonValue | undefined,
  file: string,
): string {
  const node = findNodeAtLocation(parseWithComments(text, file), [group]);
  const isEmpty = node?.type === 'object' && node.children?.length === 0;
  // A group with nothing but a comment of the user stays.
  const hasText =
    node !== undefined && /\S/.test(text.slice(node.offset + 1, node.offset + node.length - 1));
  return isEmpty && !hasText ? set(text, [group], before) : text;
}
