import path from 'node:path';
import { inject } from 'vitest';
import type { FlashAttention } from '../../src/config/engine-options.ts';

/**
 * Folder of the package that tests run: this repository, or a copy of it whose embedded model is
 * perturbed (`PORTICO_TEST_PERTURB`).
 */
export const PACKAGE = inject('perturbedPackage') ?? path.resolve(import.meta.dirname, '../..');

/** GGUF file of the embedded model that tests load. */
export const MINI_FILE = path.join(PACKAGE, 'models/mini.gguf');

const flashAttention = oneOf(['on', 'off'], 'PORTICO_TEST_FLASH_ATTENTION');

/** Settings of every engine that tests load in this process or a child of it. */
export const ENGINE: { readonly threads: number; readonly flashAttention?: FlashAttention } = {
  threads: Number(oneOf(['1', '2'], 'PORTICO_TEST_THREADS') ?? 1),
  ...(flashAttention !== undefined && { flashAttention }),
};

/** The same settings for the engine of a `portico` process. */
export const ENGINE_VARIABLES: Readonly<Record<string, string>> = {
  PORTICO_THREADS: String(ENGINE.threads),
  ...(flashAttention !== undefined && { PORTICO_FLASH_ATTENTION: flashAttention }),
};

/** The same settings for a context of node-llama-cpp. */
export const NATIVE_CONTEXT = {
  threads: ENGINE.threads,
  ...(flashAttention !== undefined && { flashAttention: flashAttention === 'on' }),
};

function oneOf<const T extends string>(values: readonly T[], variable: string): T | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const value = values.find((one) => one === text);
  if (value === undefined) throw new Error(`${variable} must be one of ${values.join(', ')}.`);
  return value;
}
