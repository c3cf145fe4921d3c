import type { ModelSpec } from '../core/model.ts';
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

/** Definition of a model's backend; undefined if there is none of that kind. */
export function definitionOf(
  model: ModelSpec,
  backends: readonly BackendDefinition[] = BACKENDS,
): BackendDefinition | undefined {
  return backends.find(({ kind }) => kind === model.backend);
}

/** Names of environment variables with keys of model servers. */
export function keyVariables(
  { models }: Registry,
  backends: readonly BackendDefinition[] = BACKENDS,
): readonly string[] {
  return [...models.values()].flatMap(
    ({ spec }) => definitionOf(spec, backends)?.keyVariables?.(spec) ?? [],
  );
}
