import { RuntimeFailure } from '../../core/failure.ts';

/** Optional package that runs GGUF files. */
const PACKAGE = 'node-llama-cpp';

/**
 * Imports a module that needs the optional package `node-llama-cpp`.
 *
 * @throws {model-load-failed} if the package is not installed
 */
export async function importEngine<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw engineMissing(`the package ${PACKAGE} is not installed`, error);
  }
}

/** Failure of an installation without an engine, or without its build for this machine. */
export function engineMissing(reason: string, cause: unknown): RuntimeFailure {
  return new RuntimeFailure(
    'model-load-failed',
    `Portico can't run GGUF files here: ${reason}. Install Portico again without \`--omit=optional\`, ` +
      'or use a model of Ollama or of a model server.',
    { cause },
  );
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes(`'${PACKAGE}'`)
  );
}
