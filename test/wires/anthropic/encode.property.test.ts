import { MessageStream as NewMessageStream } from 'anthropic-sdk-1/lib/MessageStream';
import { MessageStream as OldMessageStream } from 'anthropic-sdk-0/lib/MessageStream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { isRecord } from '../../../src/core/json.ts';
import { encodeMessage } from '../../../src/wires/anthropic/encode-message.ts';
import type { StreamFrame } from '../../../src/wires/anthropic/encode-stream.ts';
import { asyncOf, framesOf, optionsWith, usage } from './encoding.ts';
import { hear, textOf, type HeardBlock } from './stream-grammar.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { covers } from '../../support/covers.ts';

const id = fc.constantFrom('A', 'B', 'C');
const text = fc.string({ maxLength: 4 });
/** Pieces of JSON. Only some sequences of them are complete arguments. */
const piece = fc.constantFrom('', '{', '}', '{}', '{"a":', '1', '"x"', ',"b":[', ']');

function eventWith(json: fc.Arbitrary<string>): fc.Arbitrary<GenerationEvent> {
  const token = fc.nat(9);
  return fc.oneof(
    fc.record({ type: fc.constant('text-delta' as const), text }),
    fc.record({ type: fc.constant('thinking-delta' as const), text }),
    fc.record({ type: fc.constant('tool-call-start' as const), id, name: fc.constant('look') }),
    fc.record({ type: fc.constant('tool-call-delta' as const), id, json }),
    fc.record({ type: fc.constant('tool-call-end' as const), id }),
    fc.record({
      type: fc.constant('progress' as const),
      phase: fc.constantFrom('queued' as const, 'prefill' as const),
      done: token,
      total: token,
    }),
  );
}

const finishing: fc.Arbitrary<GenerationEvent> = fc.record({
  type: fc.constant('finish' as const),
  reason: fc.constantFrom('end-turn' as const, 'tool-use' as const, 'max-tokens' as const),
  stopSequence: fc.constantFrom(null, 'END'),
  usage: fc.constant(usage),
});

const admission: fc.Arbitrary<GenerationEvent> = fc.record({
  type: fc.constant('admitted' as const),
  inputTokens: fc.option(fc.nat(99), { nil: null }),
});

function answerOf(event: fc.Arbitrary<GenerationEvent>): fc.Arbitrary<GenerationEvent[]> {
  const events = fc.array(event, { maxLength: 25 });
  return fc
    .tuple(admission, events, finishing, events)
    .map(([first, middle, last, late]) => [first, ...middle, last, ...late]);
}

const answer = answerOf(eventWith(piece));
const options = fc
  .constantFrom('full' as const, 'omitted' as const)
  .map((thinkingDisplay) => optionsWith({ thinkingDisplay }));

/** Arguments of a call; undefined if its deltas are not complete. */
function inputOf({ deltas }: HeardBlock): unknown {
  const json = textOf(deltas, 'partial_json');
  try {
    const input: unknown = json === '' ? {} : JSON.parse(json);
    return isRecord(input) ? input : undefined;
  } catch {
    return undefined;
  }
}

/** Content that a client assembles from the blocks, without calls that were cut off. */
function contentOf(blocks: readonly HeardBlock[]): unknown[] {
  return blocks.flatMap<unknown>((block) => {
    const { type, start, deltas } = block;
    if (type === 'text') return [{ ...start, text: textOf(deltas, 'text') }];
    if (type === 'tool_use') {
      const input = inputOf(block);
      return input === undefined ? [] : [{ ...start, input }];
    }
    const signature = textOf(deltas, 'signature');
    return [{ ...start, thinking: textOf(deltas, 'thinking'), signature }];
  });
}

/** Removes encrypted thinking, which differs for each encoding. */
function withoutSealed(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value).replaceAll(/"(portico1\.[\w-]+\.[\w-]+)\.[\w-]+"/g, '"$1"'),
  );
}

/** Stream in the newline-delimited form that the SDKs' accumulators read. */
function readableOf(frames: readonly StreamFrame[]): ReadableStream<Uint8Array> {
  const lines = frames.map(({ data }) => `${JSON.stringify(data)}\n`).join('');
  return new Blob([lines]).stream();
}

describe('the encoder for any sequence of events', () => {
  covers('R2.T-encode-property', 'R2.3-messages', 'R2.T-sdk-stream');

  it('writes closed blocks without gaps or interleaving', () => {
    fc.assert(
      fc.property(answer, options, (events, how) => {
        const heard = hear(framesOf(events, how));
        if (heard.stopReason === 'tool_use') {
          const calls = heard.blocks.filter(({ type }) => type === 'tool_use');
          expect(calls.filter((call) => inputOf(call) !== undefined)).not.toEqual([]);
        }
        const ids = heard.blocks.flatMap(({ start }) => start['id'] ?? []);
        expect(new Set(ids).size).toBe(ids.length);
        const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens } = heard.usage;
        expect([input_tokens, cache_creation_input_tokens, cache_read_input_tokens]).toEqual([
          3, 2, 7,
        ]);
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  it('loses no text and no thinking', () => {
    fc.assert(
      fc.property(answer, (events) => {
        const finished = events.findIndex(({ type }) => type === 'finish');
        const before = events.slice(0, finished);
        const { blocks } = hear(framesOf(events));
        for (const [kind, block] of [
          ['text-delta', 'text'],
          ['thinking-delta', 'thinking'],
        ] as const) {
          const said = before.map((event) => (event.type === kind ? event.text : '')).join('');
          const heard = blocks.filter(({ type }) => type === block);
          expect(heard.map(({ deltas }) => textOf(deltas, block)).join('')).toBe(said);
        }
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('writes the same message streamed and complete', async () => {
    await fc.assert(
      fc.asyncProperty(answer, options, async (events, how) => {
        const message: unknown = JSON.parse(await encodeMessage(asyncOf(events), how));
        const { blocks, stopReason, usage: counted } = hear(framesOf(events, how));
        const content = isRecord(message) ? message['content'] : undefined;
        expect(withoutSealed(content)).toEqual(withoutSealed(contentOf(blocks)));
        expect(message).toMatchObject({ stop_reason: stopReason, usage: counted });
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  /** Complete arguments or the start of such, as backends send them. SDKs can't read anything else. */
  const argument = fc.constantFrom('{"a": [1, "x"]}', '{"a": [1', '{', '');
  const truthful = answerOf(eventWith(argument)).map((events) => oneDeltaPerId(events));

  function oneDeltaPerId(events: readonly GenerationEvent[]): GenerationEvent[] {
    const seen = new Set<string>();
    return events.filter((event) => {
      if (event.type !== 'tool-call-delta' || event.json === '') return true;
      const isFirst = !seen.has(event.id);
      seen.add(event.id);
      return isFirst;
    });
  }

  it.each([
    ['0.120', OldMessageStream],
    ['1.10', NewMessageStream],
  ] as const)(
    'writes a stream that SDK %s accumulates to the same message',
    async (_version, MessageStream) => {
      await fc.assert(
        fc.asyncProperty(truthful, options, async (events, how) => {
          const frames = framesOf(events, how);
          const stream = MessageStream.fromReadableStream(readableOf(frames));
          const { content, ...whole } = await stream.finalMessage();
          const { blocks, stopReason } = hear(frames);
          expect(whole.stop_reason).toBe(stopReason);
          expect(content.length).toBe(blocks.length);
          // The SDKs complete a cut-off call. They read everything else as expected.
          const uncut = (_: unknown, index: number): boolean => {
            const block = blocks[index];
            return block?.type !== 'tool_use' || inputOf(block) !== undefined;
          };
          expect(content.filter(uncut)).toEqual(contentOf(blocks));
          expect(whole.usage).toMatchObject({ input_tokens: 3, output_tokens: 5 });
        }),
        { numRuns: propertyRuns(200) },
      );
    },
  );
});
