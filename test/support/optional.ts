import { existsSync } from 'node:fs';
import path from 'node:path';
import { TestRunner } from 'vitest';
import { areAllRequired } from './all-required.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Parts that the tests of a file or a suite need and this machine lacks. */
    missing?: string[];
  }
}

interface MissingOptions {
  /** False for a part that CI can't install; default true. */
  readonly isRequired?: boolean;
  /** Variables; default those of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Writes the line; default to stderr, once a process. */
  readonly say?: (line: string) => void;
}

/**
 * Reports a missing optional part, for `describe.skipIf`: in a line, and for the summary of the run, which
 * names it for each test that is skipped in the suite or file that asks.
 *
 * @param file path of the part, if it is known
 * @param hint action that makes the part available
 * @throws if the part is missing, required, and `PORTICO_REQUIRE_ALL=1`
 */
export function isMissing(
  what: string,
  file: string | undefined,
  hint: string,
  { isRequired = true, environment = process.env, say = sayOnce }: MissingOptions = {},
): boolean {
  if (file !== undefined && existsSync(file)) return false;
  const line = `SKIPPED: ${what} is not ${file === undefined ? 'here' : `at ${file}`}: ${hint}`;
  if (isRequired && areAllRequired(environment)) throw new Error(line);
  say(`\n!!! ${line}\n`);
  recordMissing(what);
  return true;
}

const said = new Set<string>();

/** Writes a line to stderr unless this process has written it before. */
function sayOnce(line: string): void {
  if (!said.has(line)) process.stderr.write(line);
  said.add(line);
}

/** Adds a part to the metadata of the suite that is being collected, or of its file outside all suites. */
function recordMissing(what: string): void {
  const current = TestRunner.getCurrentSuite();
  const { meta } = current.name === '' ? current.file : (current.suite ?? current.file);
  meta.missing = [...(meta.missing ?? []), what];
}

/** Path of a program on the PATH. */
export function findOnPath(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, program))
    .find((file) => existsSync(file));
}
