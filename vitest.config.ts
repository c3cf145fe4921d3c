import { defineConfig } from 'vitest/config';
import { MissingPartsReporter } from './test/support/missing-parts-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', new MissingPartsReporter()],
    globalSetup: ['test/support/perturbed-package.ts'],
    // The engine's tests each start child processes that load a model: two at a time fill two cores.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
