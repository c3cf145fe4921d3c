import { existsSync } from 'node:fs';

/** Where set to 1, every optional tool must be there: so in CI. */
const REQUIRE_ALL = 'PORTICO_REQUIRE_ALL';

/**
 * Whether an optional tool is missing, for `describe.skipIf`. Says so in one loud line, or throws
 * where `PORTICO_REQUIRE_ALL=1`.
 *
 * @param variable the environment variable that holds the tool's path
 */
export function isMissing(
  what: string,
  variable: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  say: (line: string) => void = (line) => process.stderr.write(line),
): boolean {
  const path = environment[variable] ?? '';
  if (path !== '' && existsSync(path)) return false;
  const line = `SKIPPED: ${what}: ${variable} ${path === '' ? 'is not set' : `names ${path}, which is not there`}; .ci/run shows how to install it`;
  if (environment[REQUIRE_ALL] === '1') throw new Error(line);
  say(`\n!!! ${line}\n`);
  return true;
}
