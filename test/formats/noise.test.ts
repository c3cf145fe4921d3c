import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatFormat } from '../../src/formats/format.ts';
import { OutputParser } from '../../src/output/output-parser.ts';
import type { OutputPiece } from '../../src/formats/shared/reader.ts';
import { cut } from '../support/cut.ts';
import { loadFixtures, waysToWrite } from './family-fixture.ts';
import type { FamilyFixture } from './family-fixture.ts';
import { SCENARIO_NAMES, TOOLS } from './scenarios.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

const FIXTURES = await loadFixtures();

describe('fragments of a family’s syntax', () => {
  covers('R3.2-splits', 'R3.2-lookalike');

  it.each(FIXTURES)('are read the same for all chunks: %s', (_name, fixture) => {
    const shreds = fc.array(shredOf(fixture), { maxLength: 5 });
    const places = fc.array(fc.nat({ max: 200 }), { maxLength: 8 });
    fc.assert(
      fc.property(shreds, places, fc.boolean(), (parts, at, thinkingOpen) => {
        const output = parts.join('');
        const whole = read(fixture.format, [output], thinkingOpen);
        expect(read(fixture.format, output.split(''), thinkingOpen)).toEqual(whole);
        expect(read(fixture.format, cut(output, at), thinkingOpen)).toEqual(whole);
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});

/** Fragment of a family's outputs, often including the start or the end of one. */
function shredOf(fixture: FamilyFixture): fc.Arbitrary<string> {
  const outputs = SCENARIO_NAMES.flatMap((name) => waysToWrite(fixture.outputs[name]));
  // A lone surrogate would be escaped in JSON, but not a complete pair, so that equal values would differ.
  const texts = outputs.map(({ output }) => output.replaceAll('🗼', 'ProjectorInfo'));
  const stretch = fc.tuple(fc.constantFrom(...texts), fc.nat({ max: 150 }), fc.nat({ max: 150 }));
  return stretch.map(([text, skipped, length]) => {
    const from = skipped > 100 ? 0 : skipped;
    return length > 100 ? text.slice(from) : text.slice(from, from + length);
  });
}

function read(
  format: ChatFormat,
  pieces: readonly string[],
  thinkingOpen: boolean,
): readonly OutputPiece[] {
  const parser = new OutputParser({ format, thinkingOpen, continuesText: false, tools: TOOLS });
  return joined([...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()]);
}

/** Joins adjacent pieces of one kind. */
function joined(pieces: readonly OutputPiece[]): readonly OutputPiece[] {
  const result: OutputPiece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (piece.type === 'text' && last?.type === 'text') {
      result[result.length - 1] = { type: 'text', text: last.text + piece.text };
    } else if (piece.type === 'thinking' && last?.type === 'thinking') {
      result[result.length - 1] = { type: 'thinking', text: last.text + piece.text };
    } else if (piece.type === 'call-json' && last?.type === 'call-json') {
      result[result.length - 1] = { type: 'call-json', json: last.json + piece.json };
    } else result.push(piece);
  }
  return result;
}
