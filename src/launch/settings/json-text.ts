import { applyEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';
import type { JsonValue } from '../../core/json.ts';

/**
 * Sets one value in the text of a JSON object. No other character changes. Missing groups of the path
 * are added. A new value gets a line of its own if its neighbours have one.
 *
 * @param text valid JSON, possibly with comments
 * @param path keys from the top, at least one; every value on the path is an object
 */
export function setValue(text: string, path: readonly string[], value: JsonValue): string {
  const root = parseTree(text);
  const present = root && findNodeAtLocation(root, [...path]);
  if (present !== undefined) return replaced(text, present, JSON.stringify(value));
  for (let length = path.length - 1; length >= 0; length--) {
    const group = root && findNodeAtLocation(root, path.slice(0, length));
    if (group === undefined) continue;
    const [key = '', ...deeper] = path.slice(length);
    const nested = deeper.reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value);
    return inserted(text, group, key, nested);
  }
  return text;
}

/** Removes a value from the text of a JSON object. */
export function removeValue(text: string, path: readonly string[]): string {
  return applyEdits(text, modify(text, [...path], undefined, {}));
}

function replaced(text: string, { offset, length }: Node, by: string): string {
  return text.slice(0, offset) + by + text.slice(offset + length);
}

function inserted(text: string, group: Node, key: string, value: JsonValue): string {
  const unit = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';
  const line = text.includes('\r\n') ? '\r\n' : '\n';
  const last = group.children?.at(-1);
  const space =
    last === undefined ? line + indentAt(text, group.offset) + unit : spaceBefore(text, last);
  const isSpread = space.includes('\n');
  const written = JSON.stringify(value, undefined, isSpread ? unit : undefined).replaceAll(
    '\n',
    line + space.slice(space.lastIndexOf('\n') + 1),
  );
  const property = `${JSON.stringify(key)}: ${written}`;
  if (last !== undefined) {
    const end = last.offset + last.length;
    return `${text.slice(0, end)},${space}${property}${text.slice(end)}`;
  }
  const start = group.offset + 1;
  const inside = text.slice(start, group.offset + group.length - 1);
  const rest = inside.trim() === '' ? line + indentAt(text, group.offset) : inside;
  return text.slice(0, start) + space + property + rest + text.slice(start + inside.length);
}

/** White space before a property. */
function spaceBefore(text: string, { offset }: Node): string {
  const before = text.slice(0, offset);
  return before.slice(before.trimEnd().length) || ' ';
}

/** Indentation of the line that contains an offset. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}
