import { isJsonObject } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { ELSEWHERE } from './environment.ts';
import type { Variables } from '../agent-model.ts';

/**
 * Settings for `--settings`. They override all settings files of the user and of the project, whose
 * `env` would override the process environment. Auto mode is off, because it asks the server for
 * safety verdicts, and a local model has none.
 */
export function claudeSettings(environment: Variables): JsonObject {
  // Settings can't unset variables, but each of these counts as unset if it is empty.
  const emptied = Object.fromEntries(ELSEWHERE.map((name) => [name, '']));
  return {
    env: { ...emptied, ...environment },
    permissions: { disableAutoMode: 'disable' },
  };
}

/** Merges Portico's settings into the user's own. Portico's override. */
export function mergeSettings(theirs: JsonObject, ours: JsonObject): JsonObject {
  const merged: Record<string, JsonValue> = { ...theirs };
  for (const [name, value] of Object.entries(ours)) {
    const present = merged[name];
    merged[name] =
      isJsonObject(present) && isJsonObject(value) ? mergeSettings(present, value) : value;
  }
  return merged;
}
