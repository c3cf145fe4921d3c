import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Files that take longest, by what the processor has to do. */
const LONG =
  /\/test\/(backends\/local\/runners\/llama-cpp\/(chat-models|crashes|engine|memory|slots)|cli\/commands\/launch|contract\/(llama|vision)|e2e\/(install|lifecycle|python|running))\.test\.ts$/;

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
  return (project.name === 'e2e' ? 0 : 2) + (LONG.test(moduleId) ? 0 : 1);
}
