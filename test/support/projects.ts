/**
 * Folders of tests that start engine processes, servers or real clients, or break them: the project `e2e`.
 * All other tests are the project `unit`.
 */
export const E2E_FOLDERS: readonly string[] = [
  'test/backends/local/prompts',
  'test/backends/local/runners',
  'test/backends/local/worker',
  'test/cli',
  'test/e2e',
  'test/examples',
  'test/faults',
];
