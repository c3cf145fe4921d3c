import { parseTree } from 'jsonc-parser';

/** Items of a JSON list as they are written, so that no digit of a long number is lost. */
export function itemsOf(json: string): readonly string[] {
  const root = parseTree(json);
  if (root?.type !== 'array') return [];
  return (root.children ?? []).map(({ offset, length }) => json.slice(offset, offset + length));
}

/** Members of a JSON object as they are written, by their keys; empty for any other value. */
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
