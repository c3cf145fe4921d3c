import { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import { z } from 'zod';
import { RuntimeFailure } from '../core/errors.ts';
import { isRecord } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { removeValue, setValue } from './json-text.ts';

const json: z.ZodType<JsonValue> = z.json();

/** One value of a settings file that is changed. */
export interface SettingChange {
  /** Keys from the top, such as `env`, `ANTHROPIC_MODEL`. */
  readonly path: readonly string[];
  /** Absent where there was none. */
  readonly before?: JsonValue;
  readonly after: JsonValue;
}

/** What is to become of a settings file. */
export interface SettingsEdit {
  readonly text: string;
  readonly changes: readonly SettingChange[];
}

/**
 * Sets values in a settings file; comments, order and everything else stay as they are.
 * Throws `invalid-request`, with line and column, where the text is no JSON object.
 *
 * @param text of the file; undefined where there is none
 * @param file its name, for messages
 */
export function writeSettings(
  text: string | undefined,
  settings: JsonObject,
  file: string,
): SettingsEdit {
  const given = text === undefined || text.trim() === '' ? '{}\n' : text;
  const root = parseSettings(given, file);
  const changes = leavesOf(settings).flatMap(({ path, value }): SettingChange[] => {
    checkParents(root, path, file);
    const node = findNodeAtLocation(root, [...path]);
    if (node === undefined) return [{ path, after: value }];
    const before = json.parse(getNodeValue(node));
    return before === value ? [] : [{ path, before, after: value }];
  });
  const written = changes.reduce((edited, { path, after }) => set(edited, path, after), given);
  return { text: written, changes };
}

/** What undoing does, and what it leaves because it was changed since. */
export interface SettingsUndo {
  readonly text: string;
  readonly kept: readonly SettingChange[];
}

/**
 * Takes changes back: each value that is still ours becomes what it was before, and groups that are
 * empty then go. Throws as `writeSettings` does.
 */
export function undoSettings(
  text: string,
  changes: readonly SettingChange[],
  file: string,
): SettingsUndo {
  const root = parseSettings(text, file);
  const isOurs = ({ path, after }: SettingChange): boolean => {
    const node = findNodeAtLocation(root, [...path]);
    return node !== undefined && getNodeValue(node) === after;
  };
  const undone = changes.filter(isOurs);
  const reverted = undone.reduce((edited, { path, before }) => set(edited, path, before), text);
  const groups = new Set(undone.flatMap(({ path }) => (path.length > 1 ? path.slice(0, 1) : [])));
  const cleaned = [...groups].reduce(
    (edited, group) => withoutEmpty(edited, group, file),
    reverted,
  );
  return { text: cleaned, kept: changes.filter((change) => !isOurs(change)) };
}

/** The changes as lines that begin with `-` and `+`, as a diff has them. */
export function describeChanges(changes: readonly SettingChange[]): string {
  return changes
    .flatMap(({ path, before, after }) => {
      const name = path.join('.');
      const old = before === undefined ? [] : [`  - ${name}: ${shown(name, before)}`];
      return [...old, `  + ${name}: ${shown(name, after)}`];
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** Keys have no place on a screen, or in what keeps its output. */
function shown(name: string, value: JsonValue): string {
  const isSecret = /TOKEN$|KEY$|SECRET/.test(name) && value !== '';
  return isSecret ? '(not shown)' : JSON.stringify(value);
}

function parseSettings(text: string, file: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) {
    const lines = text.slice(0, error.offset).split('\n');
    throw new RuntimeFailure(
      'invalid-request',
      `${file}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}: this is not valid JSON ` +
        `(${printParseErrorCode(error.error)}); correct it, nothing was changed`,
    );
  }
  if (root?.type !== 'object') {
    throw new RuntimeFailure(
      'invalid-request',
      `${file}: this is no JSON object; correct it, nothing was changed`,
    );
  }
  return root;
}

function checkParents(root: Node, path: readonly string[], file: string): void {
  for (let length = 1; length < path.length; length++) {
    const parent = findNodeAtLocation(root, path.slice(0, length));
    if (parent !== undefined && parent.type !== 'object') {
      throw new RuntimeFailure(
        'invalid-request',
        `${file}: '${path.slice(0, length).join('.')}' is no JSON object; correct it, nothing was changed`,
      );
    }
  }
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: JsonValue;
}

function leavesOf(settings: JsonObject, above: readonly string[] = []): readonly Leaf[] {
  return Object.entries(settings).flatMap(([key, value]) =>
    isObject(value) ? leavesOf(value, [...above, key]) : [{ path: [...above, key], value }],
  );
}

function isObject(value: JsonValue): value is JsonObject {
  return isRecord(value);
}

/** `undefined` takes the value out. */
function set(text: string, path: readonly string[], value: JsonValue | undefined): string {
  return value === undefined ? removeValue(text, path) : setValue(text, path, value);
}

function withoutEmpty(text: string, group: string, file: string): string {
  const node = findNodeAtLocation(parseSettings(text, file), [group]);
  const isEmpty = node?.type === 'object' && node.children?.length === 0;
  // A comment of theirs may be all that is in it.
  const hasText =
    node !== undefined && /\S/.test(text.slice(node.offset + 1, node.offset + node.length - 1));
  return isEmpty && !hasText ? set(text, [group], undefined) : text;
}
