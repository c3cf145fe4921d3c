import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { Reporter, TestModule } from 'vitest/node';
import { withTables } from './reliability-page.ts';

const PAGE = new URL('../../docs/reliability.md', import.meta.url);

/** Writes what the test files that passed have measured into docs/reliability.md. */
export class ReliabilityReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const rows = modules
      .filter(passedWhole)
      .flatMap(({ children }) =>
        [...children.allTests()].flatMap((test) => test.meta().faults ?? []),
      );
    if (rows.length === 0) return;
    const date = new Date().toISOString().slice(0, 10);
    const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'an unknown processor'}`;
    const run = `Run on ${date} with Node ${process.version} on ${machine}.`;
    await writeFile(PAGE, withTables(await readFile(PAGE, 'utf8'), rows, run));
  }
}

/** All tests of a file have run and passed: a name pattern leaves some out. */
function passedWhole(module: TestModule): boolean {
  const tests = [...module.children.allTests()];
  return module.ok() && tests.every((test) => test.result().state === 'passed');
}
