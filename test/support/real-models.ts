import path from 'node:path';
import { isMissing } from './optional.ts';

/** Folder of the real models' GGUF files; `.ci/run` downloads them. */
const folder = process.env['PORTICO_TEST_MODELS'];

/** A real model that tests run when its file is on this machine. */
export interface RealModel {
  readonly name: string;
  /** Undefined if no folder is named. */
  readonly file: string | undefined;
}

/** SmolLM2-135M-Instruct, Q4_1: plain ChatML, no tools, no thinking, 8,192 tokens of context. */
export const SMOLLM2 = realModel('SmolLM2-135M-Instruct', 'SmolLM2-135M-Instruct.Q4_1.gguf');

/** Gemma 3 270M base, Q4_K_M: sliding window, no chat template. */
export const GEMMA3_BASE = realModel('Gemma 3 270M', 'gemma-3-270m-q4_k_m.gguf');

/** Reports a missing model's file in one line, for `describe.skipIf`. */
export function isModelMissing({ name, file }: RealModel): boolean {
  return isMissing(name, file, 'name the folder that contains it in PORTICO_TEST_MODELS');
}

function realModel(name: string, file: string): RealModel {
  return { name, file: folder === undefined ? undefined : path.join(folder, file) };
}
