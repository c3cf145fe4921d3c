import { parseTree } from 'jsonc-parser';

/** Texts of the items of a JSON list. They are not parsed, which could lose digits of long numbers. */
export function itemsOf(json: string): readonly string[] {
  const root = parseTree(json);
  if (root?.type !== 'array') return [];
  return (root.children ?? []).map(({ offset, length }) => json.slice(offset, offset + length));
}

/** Texts of the members of a JSON object, by key; empty for any other value. */
export function membersOf(json: string): ReadonlyMap<string, string> {
  const root = parseTree(json);
  const members = new Map<string, string>();
  if (root?.type !== 'object') return members;
  for (const { children } of root.children ?? []) {
    const [key, value] = children ?? [];
    if (!key || !value) continue;
    members.set(String(key.value), json.slice(value.offset, value.offset + value.length));
  }
  return members;
}
