import type { Registry } from '../registry/registry.ts';
import type { EntriesByKind } from '../registry/schema.ts';
import type { BackendDefinition } from './definition.ts';
import { LLAMA } from './local/index.ts';
import { OLLAMA } from './ollama/index.ts';
import { OPENAI } from './openai/index.ts';

/** All kinds of backends. */
export const BACKENDS: readonly BackendDefinition[] = [LLAMA, OLLAMA, OPENAI];

/** Entries of models.yaml by the kinds of backends. */
export function entriesByKind(backends: readonly BackendDefinition[] = BACKENDS): EntriesByKind {
  return new Map(backends.map(({ kind, entries }) => [kind, entries]));
}

/** Names of environment variables that hold keys of model servers. */
export function keyVariables(
  { models }: Registry,
  backends: readonly BackendDefinition[] = BACKENDS,
): readonly string[] {
  const byKind = new Map(backends.map((backend) => [backend.kind, backend]));
  return [...models.values()].flatMap(
    ({ spec }) => byKind.get(spec.backend)?.keyVariables?.(spec) ?? [],
  );
}
