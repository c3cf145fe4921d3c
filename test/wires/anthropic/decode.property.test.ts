import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RuntimeFailure } from '../../../src/core/failure.ts';
import { finish } from '../../../src/core/steps.ts';
import { decodeCountTokens, decodeMessages } from '../../../src/wires/anthropic/decode.ts';
import { parseBody } from '../../../src/wires/anthropic/json.ts';
import { seal, withOwnMessages } from './decoding.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { covers } from '../../support/covers.ts';

const context = { headers: {}, seal };

/** Outcome of a decoder, which may fail only with a RuntimeFailure. */
function decodesOrRefuses(act: () => unknown): string {
  try {
    act();
    return 'decoded';
  } catch (error) {
    if (error instanceof RuntimeFailure) return error.code;
    throw error;
  }
}

const json = fc.jsonValue({ maxDepth: 4 });
const type = fc.constantFrom(
  'text',
  'image',
  'document',
  'search_result',
  'thinking',
  'tool_use',
  'tool_result',
  'tool_addition',
  'compaction',
  'mcp_tool_result',
  'tool_definition',
  'base64',
  'content',
);
/** Nearly valid blocks: known fields with any values. */
const block = fc.letrec((tie) => ({
  block: fc.record(
    {
      type: fc.oneof({ weight: 9, arbitrary: type }, { weight: 1, arbitrary: json }),
      text: fc.oneof(fc.string(), json),
      thinking: fc.string(),
      signature: fc.oneof(fc.string(), fc.constant(seal.sign('x')), fc.constant(seal.seal('x'))),
      id: fc.constantFrom('A', 'B'),
      tool_use_id: fc.constantFrom('A', 'B'),
      name: fc.string(),
      input: fc.oneof(fc.constant({}), json),
      content: fc.oneof(fc.string(), fc.array(tie('block'), { maxLength: 3 }), json),
      source: fc.oneof(tie('block'), json),
      tool: fc.oneof(tie('block'), json),
      definition: json,
      cache_control: fc.oneof(fc.constant({ type: 'ephemeral' }), json),
    },
    { requiredKeys: ['type'] },
  ),
})).block;
/** Mostly valid values, and sometimes any JSON. */
function mostly(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: valid }, { weight: 1, arbitrary: json });
}

const text = fc.string({ minLength: 1 });
const goodBlock = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({
    type: fc.constant('search_result'),
    source: text,
    title: text,
    content: fc.constant([]),
  }),
  fc.record({ type: fc.constant('container_upload'), file_id: text }),
);
const content = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 4, arbitrary: fc.array(goodBlock, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(fc.oneof(block, json), { maxLength: 4 }) },
);
const message = fc.record({
  role: mostly(fc.constantFrom('user', 'user', 'assistant', 'system')),
  content: mostly(content),
});
const nearlyRight = fc.record(
  {
    model: mostly(fc.constant('mini')),
    max_tokens: mostly(fc.nat()),
    messages: mostly(fc.array(message, { minLength: 1, maxLength: 5 })),
    system: mostly(text),
    tools: mostly(fc.array(block, { maxLength: 1 })),
    tool_choice: mostly(fc.constant({ type: 'auto' })),
    thinking: mostly(fc.constant({ type: 'adaptive' })),
    output_config: mostly(fc.constant({ effort: 'low' })),
    stop_sequences: mostly(fc.constant(['END'])),
    metadata: mostly(fc.constant({})),
  },
  { requiredKeys: ['model', 'max_tokens', 'messages'] },
);

describe('any request body', () => {
  covers('R2.12-table');

  it('is decoded or refused, and never breaks the decoder', () => {
    const outcomes: string[] = [];
    fc.assert(
      fc.property(fc.oneof(json, nearlyRight, nearlyRight), (body) => {
        outcomes.push(
          decodesOrRefuses(() => finish(decodeMessages(withOwnMessages(body), context))),
        );
        outcomes.push(decodesOrRefuses(() => finish(decodeCountTokens(body, context))));
      }),
      { numRuns: propertyRuns(1000) },
    );
    // The property is meaningful only if both outcomes are frequent.
    const decoded = outcomes.filter((outcome) => outcome === 'decoded').length;
    expect(decoded).toBeGreaterThan(50);
    expect(outcomes.length - decoded).toBeGreaterThan(100);
  });

  it('is parsed or refused as text', () => {
    const cutText = fc.oneof(
      fc.string(),
      fc.tuple(fc.json(), fc.nat(80)).map(([whole, at]) => whole.slice(0, at)),
    );
    fc.assert(
      fc.property(cutText, (body) => {
        expect(['decoded', 'invalid-request']).toContain(
          decodesOrRefuses(() => finish(parseBody(body))),
        );
      }),
    );
  });
});
