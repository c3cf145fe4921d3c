import { describe, expect, it } from 'vitest';
import { leaked } from '../../src/output/leaked.ts';
import { loadFixtures, waysToWrite } from '../formats/family-fixture.ts';
import { readPieces } from '../formats/read-output.ts';
import { SCENARIOS } from '../formats/scenarios.ts';

const fixtures = await loadFixtures();

/** Families whose calls have no distinctive trigger, or whose channels need a special prompt. */
const UNREAD = ['cohere2-moe', 'command-r', 'functionary-recipients', 'gigachat-3.0', 'harmony'];

/** Families with tags around text before calls. */
const TAGGED_TEXT = ['command-r7b', 'ernie'];

/** Scenarios with calls and without thinking, as servers leak them. */
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
  const scenarios = SCENARIO_NAMES.filter(
    (name) => !TAGGED_TEXT.includes(family) || name !== 'text + call',
  );

  it.each(scenarios)('are parsed like those of an engine: %s', (scenario) => {
    for (const { output } of waysToWrite(outputs[scenario])) {
      expect(readPieces(leaked, [output])).toEqual(SCENARIOS[scenario]);
      expect(readPieces(leaked, output.split(''))).toEqual(SCENARIOS[scenario]);
    }
  });

  it('stay text if they only look like calls', () => {
    for (const { output } of waysToWrite(outputs['looks like a call'])) {
      expect(readPieces(leaked, [output])).toEqual([{ text: output }]);
    }
  });
});
