import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseFormat, FORMATS } from '../../src/formats/choose.ts';
import { cut } from '../support/cut.ts';
import { loadFixtures, waysToWrite } from './family-fixture.ts';
import type { FamilyFixture, Fault, NativeOutput } from './family-fixture.ts';
import { loadModels } from './model-fixture.ts';
import { compileCalls } from './native-grammar.ts';
import { callSections, readPieces, streamed } from './read-output.ts';
import { SCENARIO_NAMES, SCENARIOS, TOOLS } from './scenarios.ts';
import type { Found, ScenarioName } from './scenarios.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

const FAMILIES = await loadFixtures();
const MODELS = await loadModels();
const FIXTURES = [...FAMILIES, ...MODELS.map(({ name, fixture }) => [name, fixture] as const)];
const FAULTS: readonly Fault[] = ['wrong type', 'missing required', 'unknown tool'];

/** Every output of every family for every scenario. */
const ROWS = FIXTURES.flatMap(([family, fixture]) =>
  SCENARIO_NAMES.flatMap((scenario) =>
    waysToWrite(fixture.outputs[scenario]).map((way) => ({ family, fixture, scenario, way })),
  ),
);

const failed = new Set<string>();
const done = new Set<string>();

afterAll(() => {
  process.stdout.write(`\n${drawMatrix()}\n`);
});

describe('the parser', () => {
  covers(
    'R3.2-text',
    'R3.2-calls',
    'R3.2-no-arguments',
    'R3.2-values',
    'R3.2-thinking',
    'R3.2-lookalike',
    'R3.2-cut',
    'R3.2-splits',
    'R3.D-matrix',
    'R3.D-random-splits',
  );

  it.each(ROWS)('reads $scenario of $family', ({ family, fixture, scenario, way }) => {
    const cell = `${family}/${scenario}`;
    failed.add(cell);
    const expected = expectedFor(scenario, way);
    const read = (pieces: readonly string[]) => readPieces(fixture.format, pieces, way);
    expect(read([way.output])).toEqual(expected);
    expect(read(way.output.split(''))).toEqual(expected);
    for (let place = 1; place < way.output.length; place++) {
      expect(read(cut(way.output, [place])), `cut at ${place}`).toEqual(expected);
    }
    failed.delete(cell);
    done.add(cell);
  });

  it.each(FIXTURES)('reads outputs of %s the same for all chunks', (family, fixture) => {
    const ways = ROWS.filter((row) => row.family === family);
    const places = fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...ways), places, ({ scenario, way }, at) => {
        const pieces = cut(way.output, at);
        expect(readPieces(fixture.format, pieces, way)).toEqual(expectedFor(scenario, way));
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it.each(FIXTURES)(
    'reads a cut-off call of %s neither as complete nor as text',
    (_name, fixture) => {
      for (const way of waysToWrite(fixture.outputs['quotes and newlines'])) {
        const from =
          way.output.length - (callSections(fixture.format, way.output, way)[0]?.text.length ?? 0);
        for (let end = from; end < way.output.length; end++) {
          const found = readPieces(fixture.format, [way.output.slice(0, end)], way);
          const [first] = SCENARIOS['quotes and newlines'];
          const allowed: readonly (readonly Found[])[] = [
            [],
            [{ call: 'save', cut: true }],
            [first],
          ];
          expect(allowed, `ending at ${end}`).toContainEqual(found);
        }
      }
    },
  );
});

describe('the streaming parser', () => {
  covers('R3.2-splits');

  it.each(FIXTURES)('emits text and string arguments of %s as they arrive', (_name, fixture) => {
    const plain = firstWay(fixture, 'plain text');
    const { text } = streamed(fixture.format, plain.output.split(' fine')[0] ?? '', plain);
    expect(text.trimEnd()).toBe('Hello, world.\nIt is a');
    const call = firstWay(fixture, 'quotes and newlines');
    const { json } = streamed(fixture.format, call.output.split('hi ')[0] ?? '', call);
    expect(json).toMatch(/"if \(a < b\) \{\\n\\tsay\(/);
  });
});

describe('the parser after a forced trigger', () => {
  covers('R3.1-any');

  const demanded = ROWS.filter(({ fixture, way }) => {
    const trigger = forcedTrigger(fixture);
    return trigger !== undefined && way.output.startsWith(trigger);
  }).filter(({ scenario }) => beginsWithCall(scenario));

  it.each(demanded)('reads $scenario of $family', ({ fixture, scenario, way }) => {
    const forced = forcedTrigger(fixture) ?? '';
    const rest = way.output.slice(forced.length);
    const expected = expectedFor(scenario, way);
    expect(readPieces(fixture.format, [rest], { forced })).toEqual(expected);
    expect(readPieces(fixture.format, rest.split(''), { forced })).toEqual(expected);
  });
});

describe('a family', () => {
  covers('R3.2-recognised');

  it.each(FAMILIES)('is recognized by its template: %s', (_name, fixture) => {
    expect(chooseFormat(fixture.template).name).toBe(fixture.format.name);
  });

  it('with a syntax for tools has a fixture', () => {
    const withTools = FORMATS.filter(({ tools }) => tools !== undefined);
    expect(withTools.map(({ name }) => name).toSorted()).toEqual(
      FAMILIES.map(([, { format }]) => format.name).toSorted(),
    );
  });
});

describe('the grammar of a family', () => {
  covers('R3.1-valid');

  const calls = ROWS.filter(({ scenario }) => expectsCalls(scenario));

  it.each(calls)('accepts $scenario of $family', async ({ fixture, way }) => {
    const sections = callSections(fixture.format, way.output, way);
    expect(sections).not.toHaveLength(0);
    for (const { trigger, text } of sections) {
      const admits = await compileCalls(fixture.format, TOOLS, { trigger, parallel: true });
      expect(admits(text), `${trigger} ${text}`).toBe(true);
    }
  });

  const faults = FIXTURES.flatMap(([family, fixture]) =>
    FAULTS.map((fault) => ({ family, fixture, fault })),
  );

  it.each(faults)('refuses a call of $family with the fault $fault', async ({ fixture, fault }) => {
    const way = firstWay(fixture, 'text + call', 'two calls');
    const [section] = callSections(fixture.format, way.output, way);
    if (section === undefined) throw new Error(`There is no call in ${way.output}`);
    const [search, replacement] = fixture.faults[fault];
    const wrong = section.text.replace(search, () => replacement);
    const admits = await compileCalls(fixture.format, TOOLS, {
      trigger: section.trigger,
      parallel: true,
    });
    expect(wrong).not.toBe(section.text);
    expect([admits(section.text), admits(wrong)]).toEqual([true, false]);
  });
});

/** Text that is appended to a prompt to force a call. */
function forcedTrigger({ format }: FamilyFixture): string | undefined {
  return format.tools?.forced ?? format.tools?.triggers[0];
}

/** First output for the first of these scenarios that the family can write. */
function firstWay(fixture: FamilyFixture, ...scenarios: readonly ScenarioName[]): NativeOutput {
  const [way] = scenarios.flatMap((scenario) => waysToWrite(fixture.outputs[scenario]));
  if (way === undefined)
    throw new Error(`${fixture.format.name} must be able to write ${scenarios[0]}.`);
  return way;
}

function expectedFor(scenario: ScenarioName, way: NativeOutput): readonly Found[] {
  const expected = SCENARIOS[scenario];
  return expected === 'as-written' ? [{ text: way.output }] : expected;
}

function expectsCalls(scenario: ScenarioName): boolean {
  const expected: readonly Found[] | 'as-written' = SCENARIOS[scenario];
  return expected !== 'as-written' && expected.some((found) => 'input' in found);
}

function beginsWithCall(scenario: ScenarioName): boolean {
  const expected: readonly Found[] | 'as-written' = SCENARIOS[scenario];
  return expected !== 'as-written' && expected[0] !== undefined && 'input' in expected[0];
}

function drawMatrix(): string {
  const width = Math.max(...FIXTURES.map(([family]) => family.length)) + 2;
  const header = SCENARIO_NAMES.map((name, index) => `${String.fromCodePoint(97 + index)} ${name}`);
  const rows = FIXTURES.map(([family]) => {
    const cells = SCENARIO_NAMES.map((name) => mark(`${family}/${name}`));
    return `${family.padEnd(width)}${cells.join(' ')}`;
  });
  const letters = SCENARIO_NAMES.map((_name, index) => String.fromCodePoint(97 + index)).join(' ');
  return [header.join(' · '), `${''.padEnd(width)}${letters}`, ...rows].join('\n');
}

function mark(cell: string): string {
  if (failed.has(cell)) return '✗';
  return done.has(cell) ? '✓' : '–';
}
