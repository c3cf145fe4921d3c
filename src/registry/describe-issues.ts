import type { z } from 'zod';
import { locate } from './document.ts';
import type { RegistryDocument } from './document.ts';
import type { EntriesByKind } from './schema.ts';

/**
 * Faults of a value in models.yaml, each with `file:line:column`.
 *
 * @param base path of the value in the file
 */
export function describeIssues(
  error: z.ZodError,
  document: RegistryDocument,
  base: readonly string[],
  entries: EntriesByKind,
): readonly string[] {
  const describe = (path: readonly PropertyKey[], what: 'key' | 'value', reason: string) => {
    const subject = path.length === 0 ? '' : `${path.map(String).join('.')}: `;
    return `${locate(document, path, what)}: ${subject}${reason}`;
  };
  return error.issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code !== 'unrecognized_keys') return [describe(path, 'value', issue.message)];
    return issue.keys.map((key) => {
      const owners = issue.path.length === 0 ? ownersOf(key, entries) : [];
      return owners.length === 0
        ? describe([...path, key], 'key', UNKNOWN_KEY)
        : describe(
            [...path, key],
            'value',
            `only a model with ${owners.join(' or ')} can have '${key}'`,
          );
    });
  });
}

const UNKNOWN_KEY = 'this key is not known here; docs/configuration.md lists all that are';

/** Backends whose entries have a field, as they are written. */
function ownersOf(key: string, entries: EntriesByKind): readonly string[] {
  const owners = [...entries].filter(([, { schema }]) => Object.hasOwn(schema.shape, key));
  return owners.map(([kind]) => `'backend: ${kind}'`);
}
