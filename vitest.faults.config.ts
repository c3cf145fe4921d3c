import { defineConfig } from 'vitest/config';
import { ReliabilityReporter } from './test/faults/reliability-reporter.ts';

/** The faults suite in full: `npm run faults` writes its tables into docs/reliability.md. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    reporters: ['default', new ReliabilityReporter()],
    env: { PORTICO_FAULTS: 'long' },
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
