import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../../../core/failure.ts';
import type { EngineLog, StateCache } from '../../engine-settings.ts';
import { stateLimit } from '../../states/limit.ts';

/** State file of the last prompt without pictures. */
export interface StateFile {
  readonly file: string;
  /** Tokens of the longest prompt whose state is saved. */
  readonly mostTokens: number;
}

/**
 * Opens a state file for the lifetime of this process; undefined if that is not possible.
 *
 * @param states folder of all engines' states, in which they remove files of ended processes
 * @param bytesPerToken bytes of a state per token
 */
export async function openStateFile(
  states: StateCache | undefined,
  bytesPerToken: number,
  log: EngineLog,
): Promise<StateFile | undefined> {
  if (states === undefined) return undefined;
  const { folder } = states;
  const own = path.join(folder, `${process.pid}-${randomUUID()}`);
  let limitBytes = 0;
  try {
    // Only the owner may read conversations.
    await mkdir(own, { recursive: true, mode: 0o700 });
    limitBytes = await stateLimit(states);
  } catch (error) {
    log(`States can't be saved in ${folder}: ${messageOf(error)}. Requests continue without them.`);
    return undefined;
  }
  process.on('exit', () => rmSync(own, { recursive: true, force: true }));
  const mostTokens = Math.floor(limitBytes / Math.max(1, bytesPerToken));
  return { file: path.join(own, 'text.state'), mostTokens };
}
