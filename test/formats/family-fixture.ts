import { readdirSync } from 'node:fs';
import type { ChatFormat } from '../../src/formats/format.ts';
import type { ScenarioName } from './scenarios.ts';

/** A model's whole output, as its family writes it. */
export interface NativeOutput {
  readonly output: string;
  /** The prompt itself ended in the opening tag of thinking. */
  readonly thinkingOpen?: boolean;
}

/** Why a family can't have a scenario. */
export interface LeftOut {
  readonly leftOut: string;
}

/** One way to write a scenario, or several. */
export type ScenarioOutput = string | NativeOutput | LeftOut | readonly (string | NativeOutput)[];

/** How calls get wrong that a grammar must not admit. */
export type Fault = 'wrong type' | 'missing required' | 'unknown tool';

/** What one family writes. Each file of `fixtures/` exports one, as `fixture`. */
export interface FamilyFixture {
  readonly format: ChatFormat;
  /** A short template of our own, with what the family is recognised by. */
  readonly template: string;
  readonly outputs: Readonly<Record<ScenarioName, ScenarioOutput>>;
  /**
   * Faults, each as a text to replace in the (first) output of `text + call` and what to put there: the
   * grammar admits what was there before and not what is there then.
   */
  readonly faults: Readonly<Record<Fault, readonly [search: string, replacement: string]>>;
}

/** All fixtures, by the names of their files. */
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

/** The ways a family writes a scenario; none where it is left out. */
export function waysToWrite(written: ScenarioOutput): readonly NativeOutput[] {
  if (typeof written === 'string') return [{ output: written }];
  if ('leftOut' in written) return [];
  if ('output' in written) return [written];
  return written.map((way) => (typeof way === 'string' ? { output: way } : way));
}
