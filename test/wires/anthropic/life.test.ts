import { MessageStream as NewMessageStream } from 'anthropic-sdk-1/lib/MessageStream';
import { MessageStream as OldMessageStream } from 'anthropic-sdk-0/lib/MessageStream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { isRecord } from '../../../src/core/json.ts';
import { createStreamEncoder } from '../../../src/wires/anthropic/encode-stream.ts';
import type { StreamFrame } from '../../../src/wires/anthropic/encode-stream.ts';
import { decode, seal } from './decoding.ts';
import { shown } from './stream-grammar.ts';
import { admitted, finish, framesOf, optionsWith } from './encoding.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { covers } from '../../support/covers.ts';

const LIFE = 'life';
type Step = GenerationEvent | typeof LIFE;

const text: Step = { type: 'text-delta', text: 'a' };
const thinking: Step = { type: 'thinking-delta', text: 'hm' };
const start: Step = { type: 'tool-call-start', id: 'A', name: 'look' };
const begun: Step = { type: 'tool-call-delta', id: 'A', json: '{"x":' };
const rest: Step = { type: 'tool-call-delta', id: 'A', json: '1}' };
const end: Step = { type: 'tool-call-end', id: 'A' };
const done = finish('end-turn');

/** Frames of an answer with keep-alive deltas. */
function encoded(steps: readonly Step[], thinks: boolean): StreamFrame[] {
  const encoder = createStreamEncoder(optionsWith({ thinks }));
  return steps.flatMap((step) => [...(step === LIFE ? encoder.life() : encoder.push(step))]);
}

/** Short form of the frames between message_start and message_delta. */
function shortOf(frames: readonly StreamFrame[]): string[] {
  return frames.slice(1, -2).map(({ data }) => {
    const [block, delta] = [data['content_block'], data['delta']];
    const [field, said] = Object.entries(isRecord(delta) ? delta : {}).at(-1) ?? [];
    const news = isRecord(block) ? shown(block['type']) : field && `${field}=${shown(said)}`;
    const kind = shown(data['type']).replace('content_block_', '');
    return [kind, shown(data['index']), news].join(' ').trim();
  });
}

describe('a keep-alive delta', () => {
  covers('R5.4-life');

  it.each<[string, boolean, readonly Step[], readonly string[]]>([
    [
      'opens the text that follows',
      false,
      [LIFE, LIFE, text],
      ['start 0 text', 'delta 0 text=', 'delta 0 text=', 'delta 0 text=a', 'stop 0'],
    ],
    [
      'opens the thinking that follows',
      true,
      [LIFE, thinking],
      [
        'start 0 thinking',
        'delta 0 thinking=',
        'delta 0 thinking=hm',
        `delta 0 signature=${seal.sign('hm')}`,
        'stop 0',
      ],
    ],
    [
      'closes its thinking if text follows',
      true,
      [LIFE, text],
      [
        'start 0 thinking',
        'delta 0 thinking=',
        `delta 0 signature=${seal.sign('')}`,
        'stop 0',
        'start 1 text',
        'delta 1 text=a',
        'stop 1',
      ],
    ],
    [
      'closes its text if a call follows',
      false,
      [LIFE, start, begun, LIFE, rest, end],
      [
        'start 0 text',
        'delta 0 text=',
        'stop 0',
        'start 1 tool_use',
        'delta 1 partial_json={"x":',
        'delta 1 partial_json=',
        'delta 1 partial_json=1}',
        'stop 1',
      ],
    ],
    [
      'comes before a call without any arguments yet',
      true,
      [start, LIFE, LIFE, begun, rest, end],
      [
        'start 0 text',
        'delta 0 text=',
        'delta 0 text=',
        'stop 0',
        'start 1 tool_use',
        'delta 1 partial_json={"x":',
        'delta 1 partial_json=1}',
        'stop 1',
      ],
    ],
    [
      'ends with its text if the call never gets arguments',
      false,
      [start, LIFE],
      ['start 0 text', 'delta 0 text=', 'stop 0'],
    ],
    [
      'extends the open block',
      true,
      [text, LIFE, text],
      ['start 0 text', 'delta 0 text=a', 'delta 0 text=', 'delta 0 text=a', 'stop 0'],
    ],
  ])('%s', (_what, thinks, steps, frames) => {
    expect(shortOf(encoded([admitted, ...steps, done], thinks))).toEqual(frames);
  });

  it('never comes before the message or after its end', () => {
    expect(encoded([LIFE, admitted, done, LIFE], false)).toEqual(framesOf([admitted, done]));
  });
});

describe('keep-alive deltas at any place', () => {
  covers('R5.4-life-valid');

  const gap = fc.constantFrom<readonly Step[]>([], [LIFE]);
  /** Complete call with possible keep-alive deltas between its events. */
  const call = fc
    .tuple(gap, gap, gap)
    .map(([first, second, third]) => [start, ...first, begun, ...second, rest, ...third, end]);
  const piece = fc.oneof(call, fc.constantFrom<Step[]>([text], [thinking], [LIFE]));
  const answers = fc
    .array(piece, { maxLength: 12 })
    .map((pieces) => [admitted, ...pieces.flat(), done]);

  it.each([
    ['0.120', OldMessageStream],
    ['1.10', NewMessageStream],
  ] as const)('add only empty blocks to the message of SDK %s', async (_version, Stream) => {
    const read = async (frames: readonly StreamFrame[]) => {
      const lines = frames.map(({ data }) => `${JSON.stringify(data)}\n`).join('');
      return Stream.fromReadableStream(new Blob([lines]).stream()).finalMessage();
    };
    await fc.assert(
      fc.asyncProperty(answers, fc.boolean(), async (all, thinks) => {
        const events = all.filter((step) => step !== LIFE);
        const { content } = await read(encoded(all, thinks));
        const spoken = content.filter(
          (block) =>
            !(block.type === 'text' && block.text === '') &&
            !(block.type === 'thinking' && block.thinking === ''),
        );
        expect(spoken).toEqual((await read(framesOf(events))).content);
        if (content.length === 0) return;
        const sentBack = [
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: content.filter(({ type }) => type !== 'tool_use') },
          { role: 'user', content: 'And?' },
        ];
        const { turns } = decode({ messages: sentBack }).request.conversation;
        const parts = turns.flatMap((turn) => turn.parts);
        expect(parts.every((part) => part.kind !== 'text' || part.text !== '')).toBe(true);
        expect(parts.every((part) => part.kind !== 'thinking' || part.text !== '')).toBe(true);
      }),
      { numRuns: propertyRuns(200) },
    );
  });
});
