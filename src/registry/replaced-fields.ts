import { locate } from './document.ts';
import type { RegistryDocument } from './document.ts';
import type { ReplacedFields } from './schema.ts';

/** Fields of an entry, with the replacements of those that are deprecated. */
export function withReplacements(
  own: Readonly<Record<string, unknown>>,
  replaced: ReplacedFields,
): Readonly<Record<string, unknown>> {
  const fields = Object.entries(own).map(([key, value]): [string, unknown] => {
    const field = replaced[key]?.(value);
    return field === undefined ? [key, value] : [field.key, field.value];
  });
  return Object.fromEntries(fields);
}

/** One line for each deprecated field of the entry at `base`, with the field to write instead. */
export function describeReplaced(
  entry: Readonly<Record<string, unknown>>,
  replaced: ReplacedFields,
  document: RegistryDocument,
  base: readonly string[],
): readonly string[] {
  return Object.entries(entry).flatMap(([key, value]) => {
    const field = replaced[key]?.(value);
    if (field === undefined) return [];
    const path = [...base, key];
    const instead = `is deprecated; write '${field.key}: ${field.value}' instead`;
    return [`${locate(document, path, 'key')}: ${path.join('.')}: ${instead}`];
  });
}
