import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { MissingPartsReporter } from './test/support/missing-parts-reporter.ts';
import { E2E_FOLDERS } from './test/support/projects.ts';

const withoutTrial = ['--import', new URL('test/support/no-addon-trial.mjs', import.meta.url).href];

const e2e = E2E_FOLDERS.map((folder) => `${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: e2e } },
      { extends: true, test: { name: 'e2e', include: e2e } },
    ],
    reporters: ['default', new MissingPartsReporter()],
    globalSetup: ['test/support/perturbed-package.ts', 'test/support/shared-servers.ts'],
    // In this process's workers, and in the processes that they start.
    execArgv: withoutTrial,
    env: { NODE_OPTIONS: withoutTrial.join(' ') },
    // Two fill two cores, with the processes that they start; the third works while one waits for a timeout.
    maxWorkers: 3,
    // Test files of a worker share its process and its modules, which take longer to load than most tests to run.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // What takes a moment takes seconds on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    // Real clients take a minute to load where others use the machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
