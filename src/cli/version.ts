import { readFileSync } from 'node:fs';
import { isRecord } from '../core/json.ts';

/** Version of the package, from its package.json. */
export function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return isRecord(manifest) ? String(manifest['version']) : 'unknown';
}
