import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finish } from '../../../src/core/steps.ts';
import { toWellFormed } from '../../../src/wires/anthropic/decoding/well-formed.ts';
import { isRecord } from '../../../src/core/json.ts';
import { parseBody } from '../../../src/wires/anthropic/json.ts';
import { decode } from './decoding.ts';

const HALF = '\ud83d';

describe('lone surrogates', () => {
  it('are replaced in every string and key of a request', () => {
    const body = received({
      model: `m${HALF}`,
      system: `s${HALF}`,
      stop_sequences: [`stop${HALF}`],
      tools: [
        {
          name: 'f',
          description: `d${HALF}`,
          input_schema: { type: 'object', properties: { [`k${HALF}`]: { const: HALF } } },
        },
      ],
      messages: [
        { role: 'user', content: `a${HALF}` },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: `b${HALF} \ud83d\ude00` },
            { type: 'tool_use', id: 'toolu_1', name: 'f', input: { [`k${HALF}`]: [HALF] } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: `r\ude00` }],
        },
      ],
    });
    const { modelName, request } = decode(body);
    const text = JSON.stringify([modelName, request]);
    expect(text).not.toMatch(/\\ud/i);
    expect(text.match(/\ufffd/g)).toHaveLength(11);
    expect(text).toContain('b\ufffd \u{1f600}');
  });

  it('are the only change, and a value without them is returned unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(finish(toWellFormed(value))).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        const broken = [{ [`${one}${HALF}`]: other }, HALF];
        expect(finish(toWellFormed(broken))).toEqual([{ [`${one}\ufffd`]: other }, '\ufffd']);
      }),
    );
  });

  it('are looked for in small steps, however large one value is', () => {
    const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, 1]));
    const broken = { ...keys, [HALF]: HALF };
    const content = [...Array.from({ length: 20 }, () => ({ ...keys })), broken];
    const steps = toWellFormed({ messages: [{ role: 'user', content }] });
    let count = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) count += 1;
    expect(count).toBeGreaterThan(20 * 100);
    expect(JSON.stringify(step.value)).toContain('"\ufffd":"\ufffd"');
  });
});

/** Fields as the server parses them from the text of a request. */
function received(fields: object): object {
  const body = finish(parseBody(JSON.stringify(fields)));
  return isRecord(body) ? body : {};
}
