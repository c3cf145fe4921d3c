import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import { areAllRequired } from './all-required.ts';

/** Title of tests that are skipped though no part is missing. */
const NO_PART = 'none: the test says why';

/**
 * Ends the output of a run with the number of tests that each missing optional part skipped. Tests that
 * are skipped for another reason fail the run if `PORTICO_REQUIRE_ALL=1`.
 */
export class MissingPartsReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // A name pattern skips tests too, of which no one knows whether they would have run.
    if (this.#vitest === undefined || this.#vitest.config.testNamePattern !== undefined) return;
    const counts = skippedByMissingPart(modules);
    const { logger } = this.#vitest;
    if (counts.size > 0) logger.log(summaryOf(counts).join('\n'));
    if (!counts.has(NO_PART) || !areAllRequired(process.env)) return;
    logger.log('PORTICO_REQUIRE_ALL=1: a test that no missing part skips is a failure.');
    process.exitCode = 1;
  }
}

/** Number of skipped tests by missing part. */
function skippedByMissingPart(modules: readonly TestModule[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const module of modules) {
    for (const test of module.children.allTests('skipped')) {
      const part = missingPartOf(test);
      counts.set(part, (counts.get(part) ?? 0) + 1);
    }
  }
  return counts;
}

/** One line for each missing part, the one that skipped most tests first. */
function summaryOf(counts: ReadonlyMap<string, number>): readonly string[] {
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one);
  return [
    'Skipped, by the part that is missing on this machine:',
    ...sorted.map(([part, count]) => `${String(count).padStart(5)}  ${part}`),
  ];
}

/** Parts that the innermost suite around a test lacks. */
function missingPartOf(test: TestCase): string {
  for (let task: TestCase | TestCase['parent'] = test; ; task = task.parent) {
    const { missing } = task.meta();
    if (missing !== undefined) return [...new Set(missing)].join(' or ');
    if (task.type === 'module') return NO_PART;
  }
}
