import { startLlama } from '../../src/backends/local/model/native-llama.ts';
import type { NativeLlama } from '../../src/backends/local/model/native-llama.ts';

let started: Promise<NativeLlama> | undefined;

/**
 * Returns the llama.cpp that all test files of a worker share; no one disposes it. Each start runs a
 * process that tries the addon, for a third of a second.
 */
export function sharedLlama(): Promise<NativeLlama> {
  started ??= startLlama();
  return started;
}
