import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../../../core/failure.ts';
import type { EngineLog, StateCache } from '../../engine-settings.ts';
import { stateLimit } from '../../states/limit.ts';

/** The file of the state of the last prompt without pictures. */
export interface StateFile {
  readonly file: string;
  /** Tokens of the longest prompt whose state is kept. */
  readonly mostTokens: number;
}

/**
 * Where the addon keeps a state, as long as this process lives; undefined where it can't.
 *
 * @param states the folder of all engines' states: they remove what ended processes left in it
 * @param bytesPerToken of a state
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
    // What was said to a model is nobody else's business.
    await mkdir(own, { recursive: true, mode: 0o700 });
    limitBytes = await stateLimit(states);
  } catch (error) {
    log(`No states can be kept in ${folder}: ${messageOf(error)}. Requests go on without.`);
    return undefined;
  }
  process.on('exit', () => rmSync(own, { recursive: true, force: true }));
  const mostTokens = Math.floor(limitBytes / Math.max(1, bytesPerToken));
  return { file: path.join(own, 'text.state'), mostTokens };
}
