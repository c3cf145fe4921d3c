import { isRecord } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { ELSEWHERE } from './environment.ts';
import type { Variables } from '../agent-model.ts';

/**
 * The settings for `--settings`, which win over every settings file of the user and of the project,
 * whose own `env` would win over the process environment. Auto mode asks the server for safety
 * verdicts, which a local model cannot give.
 */
export function claudeSettings(environment: Variables): JsonObject {
  // Settings can set variables only; all of these count as unset when they are empty.
  const emptied = Object.fromEntries(ELSEWHERE.map((name) => [name, '']));
  return {
    env: { ...emptied, ...environment },
    permissions: { disableAutoMode: 'disable' },
  };
}

/** Settings of the user's own for the same run, with ours over them. */
export function mergeSettings(theirs: JsonObject, ours: JsonObject): JsonObject {
  const merged: Record<string, JsonValue> = { ...theirs };
  for (const [name, value] of Object.entries(ours)) {
    const present = merged[name];
    merged[name] = isObject(present) && isObject(value) ? mergeSettings(present, value) : value;
  }
  return merged;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return isRecord(value);
}
