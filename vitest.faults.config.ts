import { defineConfig } from 'vitest/config';

/** The faults suite in full: `npm run faults` writes its tables into docs/reliability.md. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: 'test/faults/write-report.ts',
    env: { PORTICO_FAULTS: 'long' },
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
