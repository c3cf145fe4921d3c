import { isDeepStrictEqual } from 'node:util';
import { readUnknownTemplate } from '../../../src/backends/local/model/template-reading.ts';
import { bindingsOf, createRenderer } from '../../../src/backends/local/prompts/jinja.ts';
import type { ChatFormat } from '../../../src/formats/format.ts';
import { sharedLlama } from '../../support/native-llama.ts';
import { REAL_TEMPLATES } from '../../support/real-templates.ts';
import { loadFixtures, waysToWrite } from '../family-fixture.ts';
import type { FamilyFixture, NativeOutput } from '../family-fixture.ts';
import { compileCalls } from '../native-grammar.ts';
import { callSections, readPieces } from '../read-output.ts';
import { SCENARIO_NAMES, SCENARIOS, TOOLS } from '../scenarios.ts';
import type { Found, ScenarioName } from '../scenarios.ts';
import { OWN_FAMILY_TEMPLATES } from './own-templates.ts';
import { FAMILY_OF } from '../template-families.ts';

/** Result for one family whose file is left out. */
export interface FamilyResult {
  readonly family: string;
  /** Number of its templates. */
  readonly templates: number;
  readonly scenarios: readonly ScenarioName[];
  /** Scenarios with a way of writing that the format of no template reads. */
  readonly unread: readonly ScenarioName[];
  /** True if a part of such a way comes out as text. */
  readonly leaks: boolean;
}

/** A format that replaces a family's own, and what ends a turn of its template. */
interface Replacement {
  readonly format: ChatFormat;
  readonly turnEnd: string;
}

/** Reads the fixtures of each family by the formats that are derived from its published templates. */
export async function measureFamilies(): Promise<readonly FamilyResult[]> {
  const results: FamilyResult[] = [];
  for (const [family, fixture] of await loadFixtures()) {
    const published = [...REAL_TEMPLATES].flatMap(([name, source]) =>
      FAMILY_OF[name] === fixture.format.name ? [source] : [],
    );
    const own = OWN_FAMILY_TEMPLATES[family];
    const sources = own === undefined ? published : [...published, own];
    const formats = await Promise.all(sources.map((source) => replace(source)));
    results.push({ family, templates: formats.length, ...(await measure(fixture, formats)) });
  }
  return results;
}

/** The format of a template as if no family recognised it. */
async function replace(source: string): Promise<Replacement> {
  const { llama } = await sharedLlama();
  const render = createRenderer(bindingsOf(llama), source);
  const { format, layout } = readUnknownTemplate(render, source, { bos: '<s>', eos: '</s>' });
  return { format, turnEnd: layout?.turnEnd.trim() ?? '' };
}

async function measure(
  fixture: FamilyFixture,
  formats: readonly Replacement[],
): Promise<Pick<FamilyResult, 'scenarios' | 'unread' | 'leaks'>> {
  const unread = new Set<ScenarioName>();
  const scenarios = SCENARIO_NAMES.filter((name) => waysToWrite(fixture.outputs[name]).length > 0);
  let leaks = false;
  for (const scenario of scenarios) {
    for (const way of waysToWrite(fixture.outputs[scenario])) {
      const results = await Promise.all(formats.map((one) => reads(one, scenario, way)));
      if (results.includes('read')) continue;
      unread.add(scenario);
      leaks ||= results.includes('leaked') || results.length === 0;
    }
  }
  return { scenarios, unread: [...unread], leaks };
}

async function reads(
  { format, turnEnd }: Replacement,
  scenario: ScenarioName,
  written: NativeOutput,
): Promise<'read' | 'leaked' | 'lost'> {
  // The engine ends the output there.
  const ended = turnEnd !== '' && written.output.endsWith(turnEnd);
  const output = ended ? written.output.slice(0, -turnEnd.length) : written.output;
  const way = { ...written, output };
  const wanted = SCENARIOS[scenario];
  const expected: readonly Found[] = wanted === 'as-written' ? [{ text: output }] : wanted;
  for (const pieces of [[output], output.split('')]) {
    const found = readPieces(format, pieces, way);
    if (!isDeepStrictEqual(found, expected)) {
      return textOf(found) === textOf(expected) ? 'lost' : 'leaked';
    }
  }
  if (wanted === 'as-written' || scenario === 'cut-off call') return 'read';
  for (const { trigger, text } of callSections(format, output, way)) {
    const admits = await compileCalls(format, TOOLS, { trigger, parallel: true });
    if (!admits(text)) return 'lost';
  }
  return 'read';
}

function textOf(found: readonly Found[]): string {
  return found.map((one) => ('text' in one ? one.text : '')).join('');
}
