import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/**
 * Files that take longest, by the time that each takes alone on a busy machine; those that mostly wait for a
 * client are between those that compute.
 */
const LONGEST = [
  'e2e/install',
  'e2e/python',
  'e2e/claude-code-faults',
  'faults/files',
  'e2e/tools',
  'e2e/agents',
  'e2e/claude-code-launch',
  'backends/local/runners/llama-cpp/chat-models',
  'cli/commands/launch',
  'backends/local/runners/llama-cpp/slots',
  'e2e/lifecycle',
  'e2e/thinking',
  'e2e/claude-silence',
  'e2e/running',
  'backends/local/worker/hung-engine',
  'faults/kills',
  'backends/local/runners/llama-cpp/crashes',
  'faults/upstreams',
  'e2e/claude-code-settings',
  'e2e/claude-code-agents',
  'e2e/error-codes',
  'e2e/sdk',
  'e2e/usage',
  'e2e/memory',
  'e2e/sight',
  'examples/scripts',
  'cli/launch-shared',
  'e2e/claude-code-window',
  'faults/fuzz',
  'backends/local/runners/llama-cpp/memory',
  'formats/matrix',
  'contract/llama-server',
  'formats/derived/families',
  'backends/openai/failover/fail-over',
  'prompt/render/continuation',
  'contract/vision',
  'contract/llama',
  'contract/ollama',
].map((name) => `/test/${name}.test.ts`);

/**
 * Runs the project `e2e` before `unit`, and the longest files of a project first. Short files fill the
 * end, and workers keep their modules: vitest replaces a worker whose next file is of another project.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // The method of the class, not an array's.
    // oxlint-disable-next-line unicorn/no-array-sort
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}

function placeOf({ project, moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((name) => moduleId.endsWith(name));
  const ofProject = project.name === 'e2e' ? 0 : LONGEST.length + 1;
  return ofProject + (place === -1 ? LONGEST.length : place);
}
