import { existsSync } from 'node:fs';

export const MODEL_VARIABLE = 'PORTICO_BENCH_MODEL';
export const SERVER_VARIABLE = 'PORTICO_BENCH_LLAMA_SERVER';

/** True if a variable names a file. */
export function isFile(variable: string): boolean {
  return existsSync(process.env[variable] ?? '');
}

/** File that a variable names. Throws if there is none. */
export function fileOf(variable: string, what: string): string {
  const file = process.env[variable] ?? '';
  if (existsSync(file)) return file;
  throw new Error(`Set ${variable} to the path of ${what}.`);
}
