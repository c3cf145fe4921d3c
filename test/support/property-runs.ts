/**
 * Number of runs of a property test: `usual` times `PORTICO_TEST_RUNS`, so that a search for
 * counterexamples can run longer than CI.
 */
export function propertyRuns(usual: number): number {
  return Math.max(1, Math.round(usual * Number(process.env['PORTICO_TEST_RUNS'] ?? 1)));
}
