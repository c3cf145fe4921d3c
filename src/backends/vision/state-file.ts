import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { EngineLog } from '../engine.ts';

/**
 * Where the addon keeps the state of the last prompt without pictures, as long as this process lives;
 * undefined where it can't.
 *
 * @param folder of all engines' states: they remove what processes that have ended left in it
 */
export async function openStateFile(
  folder: string | undefined,
  log: EngineLog,
): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  const own = path.join(folder, `${process.pid}-${randomUUID()}`);
  try {
    // What was said to a model is nobody else's business.
    await mkdir(own, { recursive: true, mode: 0o700 });
  } catch (error) {
    log(`No states can be kept in ${folder}: ${messageOf(error)}. Requests go on without.`);
    return undefined;
  }
  process.on('exit', () => rmSync(own, { recursive: true, force: true }));
  return path.join(own, 'text.state');
}
