import { applyEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';
import type { JsonValue } from '../../core/json.ts';

/**
 * The text of a JSON object with one value set; not a character of the rest changes. Groups on the way
 * that are missing are made, each value on a line of its own where its neighbours are.
 *
 * @param text valid JSON, with comments perhaps
 * @param path keys from the top, at least one; what is on the way are objects
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

/** The same with a value taken out. */
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

/** What separates a property from what stands before it. */
function spaceBefore(text: string, { offset }: Node): string {
  const before = text.slice(0, offset);
  return before.slice(before.trimEnd().length) || ' ';
}

/** The indentation of the line that an offset is in. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}
