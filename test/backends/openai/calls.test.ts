import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallReader } from '../../../src/backends/openai/calls.ts';
import type { CallDelta } from '../../../src/backends/openai/protocol.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { covers } from '../../support/covers.ts';

function piece(rest: Partial<CallDelta>): CallDelta {
  return { index: undefined, id: undefined, name: '', json: '', ...rest };
}

interface MadeCall {
  readonly name: string;
  readonly json: string;
  readonly ended: boolean;
}

/** The calls that events make up, in the order in which they began. */
function callsOf(events: readonly GenerationEvent[]): readonly MadeCall[] {
  const calls = new Map<string, MadeCall>();
  for (const event of events) {
    if (event.type === 'tool-call-start') {
      expect(calls.has(event.id)).toBe(false);
      calls.set(event.id, { name: event.name, json: '', ended: false });
    } else if (event.type === 'tool-call-delta' || event.type === 'tool-call-end') {
      const call = calls.get(event.id);
      if (call === undefined || call.ended) throw new Error(`${event.type} of no open call`);
      const json = event.type === 'tool-call-delta' ? event.json : '';
      calls.set(event.id, {
        ...call,
        json: call.json + json,
        ended: event.type !== 'tool-call-delta',
      });
    }
  }
  return [...calls.values()];
}

function read(pieces: readonly Partial<CallDelta>[], cut = false, parallel = true) {
  const reader = new CallReader(parallel);
  const events = pieces.flatMap((delta) => reader.push(piece(delta)));
  return callsOf([...events, ...reader.end(cut)]);
}

const PARIS = { name: 'weather', json: '{"city":"Paris"}', ended: true };
const ROME = { name: 'time', json: '{"in":{"city":"Rome"}}', ended: true };

describe('the pieces of tool calls', () => {
  covers('R4.2-calls');

  it.each<readonly [string, readonly Partial<CallDelta>[]]>([
    ['whole', [{ index: 0, id: 'a', ...PARIS }]],
    [
      'a name, then arguments',
      [
        { index: 0, id: 'a', name: 'weather' },
        { index: 0, json: PARIS.json },
      ],
    ],
    [
      'a name in pieces',
      [
        { index: 0, name: 'wea' },
        { index: 0, name: 'ther' },
        { index: 0, json: PARIS.json },
      ],
    ],
    [
      'a name with every piece',
      [
        { index: 0, name: 'weather', json: '{"city"' },
        { index: 0, name: 'weather', json: ':"Paris"}' },
      ],
    ],
    [
      'arguments before name and id',
      [
        { index: 0, json: PARIS.json },
        { index: 0, id: 'a', name: 'weather' },
      ],
    ],
    ['no index and no id', [{ name: 'weather', json: '{"city":' }, { json: '"Paris"}' }]],
    [
      'an id with every piece, no index',
      [
        { id: 'a', name: 'weather', json: '{' },
        { id: 'a', json: '"city":"Paris"}' },
      ],
    ],
    [
      'white space around',
      [
        { index: 0, name: 'weather', json: '\n  {"city"' },
        { index: 0, json: ':"Paris"}\n ' },
        { index: 0, json: ' ' },
      ],
    ],
  ])('%s', (_name, pieces) => {
    expect(read(pieces)).toEqual([PARIS]);
  });

  it.each<readonly [string, readonly Partial<CallDelta>[]]>([
    [
      'one after the other',
      [
        { index: 0, ...PARIS },
        { index: 1, ...ROME },
      ],
    ],
    [
      'between each other',
      [
        { index: 0, name: 'weather', json: '{"ci' },
        { index: 1, name: 'time', json: '{"in":' },
        { index: 0, json: 'ty":"Paris"}' },
        { index: 1, json: '{"city":"Rome"}}' },
      ],
    ],
    [
      'of one index, distinguished by ids',
      [
        { index: 0, id: 'a', ...PARIS },
        { index: 0, id: 'b', ...ROME },
      ],
    ],
    ['without index and id, distinguished by names', [PARIS, ROME]],
    [
      'without an index, distinguished by ids',
      [
        { id: 'a', ...PARIS },
        { id: 'b', ...ROME },
      ],
    ],
  ])('two calls %s', (_name, pieces) => {
    expect(read(pieces)).toEqual([PARIS, ROME]);
    expect(read(pieces, false, false)).toEqual([PARIS]);
  });

  it.each(['', 'null', ' '])('a call without arguments (%j), as it came', (json) => {
    expect(read([{ index: 0, name: 'now', json }])).toEqual([{ name: 'now', json, ended: true }]);
  });

  it('a call that is cut off is no finished one', () => {
    expect(read([{ index: 0, name: 'weather', json: '{"city":"Pa' }], true)).toEqual([
      { name: 'weather', json: '{"city":"Pa', ended: false },
    ]);
    expect(read([{ index: 0, name: 'weather' }], true)).toEqual([]);
  });

  it.each([
    ['that never end', '{"a":'],
    ['that are no JSON', '{"a": True}'],
    ['that are no object', '"text"'],
  ])('arguments %s are passed on for repair', (_name, json) => {
    expect(read([{ index: 0, name: 'f', json }])).toEqual([{ name: 'f', json, ended: true }]);
  });

  it.each([
    ['in one piece', [{ index: 0, name: 'f', json: '{} \n{"a":1}' }]],
    [
      'in pieces',
      [{ index: 0, name: 'f', json: '{}' }, { json: ' \n' }, { json: '{"a"' }, { json: ':1}' }],
    ],
  ])('text after whole arguments is passed on for repair: %s', (_how, pieces) => {
    expect(read(pieces)).toEqual([{ name: 'f', json: '{} \n{"a":1}', ended: true }]);
  });

  it('a whole call ends when text follows it, or when the answer is cut off', () => {
    const reader = new CallReader(true);
    reader.push(piece({ index: 0, ...PARIS }));
    expect(reader.endWhole()).toMatchObject([{ type: 'tool-call-end' }]);
    expect(reader.end(true)).toEqual([]);
    expect(read([{ index: 0, ...PARIS }], true)).toEqual([PARIS]);
  });

  it('arguments without a name become text', () => {
    const reader = new CallReader(true);
    expect(reader.push(piece({ json: '{"a":1}' }))).toEqual([]);
    expect(reader.end(false)).toEqual([{ type: 'text-delta', text: '{"a":1}' }]);
    expect(reader.whole).toBe(0);
  });

  it('are the same however the arguments are cut', () => {
    const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), cuts, (input, at) => {
        const json = JSON.stringify(input);
        const edges = [0, ...at.toSorted((one, other) => one - other), json.length];
        const pieces = edges
          .slice(1)
          .map((edge, index) => ({ index: 0, json: json.slice(edges[index], edge) }));
        expect(read([{ index: 0, name: 'f' }, ...pieces])).toEqual([
          { name: 'f', json, ended: true },
        ]);
      }),
    );
  });
});
