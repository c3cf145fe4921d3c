import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where set to 1, every optional tool must be there: so in CI. */
const REQUIRE_ALL = 'PORTICO_REQUIRE_ALL';

/**
 * Whether an optional tool is missing, for `describe.skipIf`. Says so in one loud line, or throws
 * where `PORTICO_REQUIRE_ALL=1`.
 *
 * @param file where the tool lies, as far as that is known
 * @param wayOut what to do to have it
 */
export function isMissing(
  what: string,
  file: string | undefined,
  wayOut: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  say: (line: string) => void = (line) => process.stderr.write(line),
): boolean {
  if (file !== undefined && existsSync(file)) return false;
  const line = `SKIPPED: ${what} is not ${file === undefined ? 'here' : `at ${file}`}: ${wayOut}`;
  if (environment[REQUIRE_ALL] === '1') throw new Error(line);
  say(`\n!!! ${line}\n`);
  return true;
}

/** Where a program lies on the PATH. */
export function findOnPath(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, program))
    .find((file) => existsSync(file));
}
