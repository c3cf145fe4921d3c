import { readdirSync } from 'node:fs';
import type { ChatFormat } from '../../src/formats/format.ts';
import type { ScenarioName } from './scenarios.ts';

/** Complete output of a model in the syntax of its family. */
export interface NativeOutput {
  readonly output: string;
  /** The prompt ends inside the thinking tags. */
  readonly thinkingOpen?: boolean;
}

/** Reason for the absence of a scenario in a family. */
export interface LeftOut {
  readonly leftOut: string;
}

/** One or several outputs for a scenario. */
export type ScenarioOutput = string | NativeOutput | LeftOut | readonly (string | NativeOutput)[];

/** Fault of a call that a grammar must refuse. */
export type Fault = 'wrong type' | 'missing required' | 'unknown tool';

/** Outputs of one family. Each file in `fixtures/` exports one as `fixture`. */
export interface FamilyFixture {
  readonly format: ChatFormat;
  /** Short template with the texts by which the family is recognized. */
  readonly template: string;
  readonly outputs: Readonly<Record<ScenarioName, ScenarioOutput>>;
  /**
   * Faults, each as a text in the first output of `text + call`, or else of `two calls`, and its replacement.
   * The grammar accepts the original output and refuses the changed one.
   */
  readonly faults: Readonly<Record<Fault, readonly [search: string, replacement: string]>>;
}

/** Loads all fixtures, with the names of their files. */
export async function loadFixtures(): Promise<readonly (readonly [string, FamilyFixture])[]> {
  const folder = new URL('./fixtures/', import.meta.url);
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .toSorted();
  return Promise.all(
    files.map(async (file) => {
      const module: { readonly fixture: FamilyFixture } = await import(new URL(file, folder).href);
      return [file.replace('.ts', ''), module.fixture] as const;
    }),
  );
}

/** Outputs of a family for a scenario; none if it is left out. */
export function waysToWrite(written: ScenarioOutput): readonly NativeOutput[] {
  if (typeof written === 'string') return [{ output: written }];
  if ('leftOut' in written) return [];
  if ('output' in written) return [written];
  return written.map((way) => (typeof way === 'string' ? { output: way } : way));
}
