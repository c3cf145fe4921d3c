/** Returns true if skipped tests are failures, as in CI. */
export function areAllRequired(environment: Readonly<Record<string, string | undefined>>): boolean {
  return environment['PORTICO_REQUIRE_ALL'] === '1';
}
