import type { Llama } from 'node-llama-cpp';
import { messageOf } from '../../../../core/failure.ts';
import type { EngineLog } from '../../engine.ts';

/**
 * The grammar, or undefined where llama.cpp can't parse it: the addon ends the process over one of
 * those, and node-llama-cpp only says so.
 */
export async function checkGrammar(
  llama: Llama,
  grammar: string,
  log: EngineLog,
): Promise<string | undefined> {
  try {
    await llama.createGrammar({ grammar });
    return grammar;
  } catch (error) {
    log(`A grammar could not be compiled, so nothing is enforced: ${messageOf(error)}`);
    return undefined;
  }
}
