import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';

/** Ends the output of a run with the number of tests that each missing optional part skipped. */
export class MissingPartsReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // A name pattern skips tests too, of which no one knows whether they would have run.
    if (this.#vitest === undefined || this.#vitest.config.testNamePattern !== undefined) return;
    const lines = missingPartsSummary(modules);
    if (lines.length > 0) this.#vitest.logger.log(lines.join('\n'));
  }
}

/** One line for each missing part, the one that skipped most tests first. */
function missingPartsSummary(modules: readonly TestModule[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const module of modules) {
    for (const test of module.children.allTests('skipped')) {
      const part = missingPartOf(test);
      counts.set(part, (counts.get(part) ?? 0) + 1);
    }
  }
  if (counts.size === 0) return [];
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
    if (task.type === 'module') return 'none: the test says why';
  }
}
