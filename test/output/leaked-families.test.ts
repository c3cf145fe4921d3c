import { describe, expect, it } from 'vitest';
import { leaked } from '../../src/output/leaked.ts';
import { loadFixtures, waysToWrite } from '../formats/family-fixture.ts';
import { readPieces } from '../formats/read-output.ts';
import { SCENARIOS } from '../formats/scenarios.ts';

const fixtures = await loadFixtures();

/** Families whose calls no text of their own begins, or whose channels need a prompt of their own. */
const UNREAD = ['cohere2-moe', 'command-r', 'functionary-recipients', 'gigachat-3.0', 'harmony'];

/** Text of a family with calls and without thinking, as a server leaks it. */
const SCENARIO_NAMES = [
  'text + call',
  'two calls',
  'no arguments',
  'nested arguments',
  'unicode',
  'quotes and newlines',
] as const;

const read = fixtures.filter(([family]) => !UNREAD.includes(family));

describe.each(read)('calls of %s that a server leaks', (family, { outputs }) => {
  // Command R7B's text has tags of its own, which no other family has.
  const scenarios = SCENARIO_NAMES.filter(
    (name) => family !== 'command-r7b' || name !== 'text + call',
  );

  it.each(scenarios)('are read as the engine reads them: %s', (scenario) => {
    for (const { output } of waysToWrite(outputs[scenario])) {
      expect(readPieces(leaked, [output])).toEqual(SCENARIOS[scenario]);
      expect(readPieces(leaked, output.split(''))).toEqual(SCENARIOS[scenario]);
    }
  });

  it('are text if they only look like calls', () => {
    for (const { output } of waysToWrite(outputs['looks like a call'])) {
      expect(readPieces(leaked, [output])).toEqual([{ text: output }]);
    }
  });
});
