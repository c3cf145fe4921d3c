import { describe, expect, it } from 'vitest';
import type { GenerationEvent, StopReason } from '../../../src/core/events.ts';
import { isRecord } from '../../../src/core/json.ts';
import { encodeMessage } from '../../../src/wires/anthropic/encode-message.ts';
import { createStreamEncoder, PING } from '../../../src/wires/anthropic/encode-stream.ts';
import { seal } from './decoding.ts';
import { hear, shown, textOf } from './stream-grammar.ts';
import { admitted, asyncOf, finish, framesOf, optionsWith, usage } from './encoding.ts';
import { covers } from '../../support/covers.ts';

const text = (value: string): GenerationEvent => ({ type: 'text-delta', text: value });
const thinking = (value: string): GenerationEvent => ({ type: 'thinking-delta', text: value });
const start = (id: string): GenerationEvent => ({ type: 'tool-call-start', id, name: 'look' });
const args = (id: string, json: string): GenerationEvent => ({ type: 'tool-call-delta', id, json });
const end = (id: string): GenerationEvent => ({ type: 'tool-call-end', id });

/** Short form of the frames between admission and finish: kind, index, and new content. */
function blocksOf(
  events: readonly GenerationEvent[],
  reason: StopReason = 'end-turn',
): readonly string[] {
  return framesOf([admitted, ...events, finish(reason)])
    .slice(1, -2)
    .map(({ data }) => {
      const kind = shown(data['type']).replace('content_block_', '');
      const { type, id } = recordOf(data['content_block']);
      const { text: said, thinking: thought, partial_json, signature } = recordOf(data['delta']);
      const news = id ?? type ?? said ?? thought ?? partial_json ?? signature ?? '';
      return `${kind} ${shown(data['index'])} ${shown(news)}`.trim();
    });
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

describe('a stream', () => {
  covers(
    'R2.6-message-start',
    'R2.5-stop',
    'R2.T-encode-property',
    'R2.5-signature',
    'R2.5-omitted',
  );

  it('starts with an empty message and the input count', () => {
    const [first] = framesOf([admitted]);
    expect(first).toEqual({
      event: 'message_start',
      data: {
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'claude-x',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          stop_details: null,
          container: null,
          diagnostics: null,
          usage: {
            input_tokens: 12,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
            output_tokens: 0,
            output_tokens_details: { thinking_tokens: 0 },
            server_tool_use: null,
            service_tier: 'standard',
            inference_geo: null,
            speed: null,
          },
        },
      },
    });
  });

  it('starts with 0 if an upstream reports the count at the end', () => {
    const [first] = framesOf([{ type: 'admitted', inputTokens: null }]);
    expect(first?.data).toMatchObject({ message: { usage: { input_tokens: 0 } } });
  });

  it('ends with the exact usage and the stop reason', () => {
    expect(framesOf([admitted, finish('stop-sequence', 'END')]).slice(1)).toEqual([
      {
        event: 'message_delta',
        data: {
          type: 'message_delta',
          delta: {
            stop_reason: 'stop_sequence',
            stop_sequence: 'END',
            stop_details: null,
            container: null,
          },
          usage: {
            input_tokens: 3,
            cache_creation_input_tokens: 2,
            cache_read_input_tokens: 7,
            cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 0 },
            output_tokens: 5,
            output_tokens_details: { thinking_tokens: 1 },
            server_tool_use: null,
          },
        },
      },
      { event: 'message_stop', data: { type: 'message_stop' } },
    ]);
  });

  it.each([
    ['end-turn', 'end_turn'],
    ['max-tokens', 'max_tokens'],
    ['stop-sequence', 'stop_sequence'],
    ['pause-turn', 'pause_turn'],
    ['refusal', 'refusal'],
    ['context-exceeded', 'model_context_window_exceeded'],
  ] as const)('reports the stop reason %s as %s', (reason, wire) => {
    const frames = framesOf([admitted, finish(reason, 'END')]);
    expect(frames.at(-2)?.data['delta']).toMatchObject({
      stop_reason: wire,
      stop_sequence: reason === 'stop-sequence' ? 'END' : null,
    });
  });

  it('sends text as it arrives, in one block', () => {
    expect(blocksOf([text('a'), text(''), text('b')])).toEqual([
      'start 0 text',
      'delta 0 a',
      'delta 0 b',
      'stop 0',
    ]);
  });

  it('signs the complete thinking at the end of its block', () => {
    expect(blocksOf([thinking('a'), thinking('b'), text('c')])).toEqual([
      'start 0 thinking',
      'delta 0 a',
      'delta 0 b',
      `delta 0 ${seal.sign('ab')}`,
      'stop 0',
      'start 1 text',
      'delta 1 c',
      'stop 1',
    ]);
  });

  it('contains only the signature of omitted thinking', () => {
    const events = [admitted, thinking('hidden'), finish('end-turn')];
    const frames = framesOf(events, optionsWith({ thinkingDisplay: 'omitted' }));
    expect(frames.map(({ event }) => event)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    const signature = textOf(hear(frames).blocks[0]?.deltas ?? [], 'signature');
    expect(seal.open('', signature)).toBe('hidden');
    expect(JSON.stringify(frames)).not.toContain('hidden');
  });

  it('finishes the first of interleaved calls before the second', () => {
    const events = [
      start('A'),
      args('A', '{"x"'),
      start('B'),
      text('t'),
      args('B', '{}'),
      args('A', ':1}'),
      end('B'),
      end('A'),
    ];
    expect(blocksOf(events, 'tool-use')).toEqual([
      'start 0 A',
      'delta 0 {"x"',
      'delta 0 :1}',
      'stop 0',
      'start 1 B',
      'delta 1 {}',
      'stop 1',
      'start 2 text',
      'delta 2 t',
      'stop 2',
    ]);
  });

  it('never contains two calls with the same id', () => {
    const events = [start('A'), end('A'), start('A'), end('A')];
    expect(blocksOf(events)).toEqual(['start 0 A', 'stop 0', 'start 1 A_2', 'stop 1']);
  });

  it('ignores events after the finish', () => {
    const frames = framesOf([admitted, finish('end-turn'), text('late'), finish('refusal')]);
    expect(frames.map(({ event }) => event)).toEqual([
      'message_start',
      'message_delta',
      'message_stop',
    ]);
  });

  it('contains no progress, and pings in the API’s form', () => {
    const encoder = createStreamEncoder(optionsWith({}));
    encoder.push(admitted);
    expect(encoder.push({ type: 'progress', phase: 'prefill', done: 1, total: 2 })).toEqual([]);
    expect(PING).toEqual({ event: 'ping', data: { type: 'ping' } });
  });
});

describe('a complete message', () => {
  covers(
    'R2.3-messages',
    'R2.5-max-tokens-zero',
    'R2.T-encode-property',
    'R2.12-table',
    'R2.6-exact',
  );

  const writtenOf = (events: readonly GenerationEvent[]): Promise<string> =>
    encodeMessage(asyncOf([admitted, ...events]), optionsWith({}));

  const encoded = async (events: readonly GenerationEvent[]): Promise<unknown> =>
    JSON.parse(await writtenOf(events));

  it('contains the content of the stream', async () => {
    const events = [
      thinking('hm'),
      text('a'),
      text('b'),
      start('A'),
      args('A', '{"x":1}'),
      end('A'),
    ];
    expect(await encoded([...events, start('B'), end('B'), finish('tool-use')])).toEqual({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: [
        { type: 'thinking', thinking: 'hm', signature: seal.sign('hm') },
        { type: 'text', text: 'ab' },
        { type: 'tool_use', id: 'A', name: 'look', input: { x: 1 }, caller: { type: 'direct' } },
        { type: 'tool_use', id: 'B', name: 'look', input: {}, caller: { type: 'direct' } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: 3,
        cache_creation_input_tokens: 2,
        cache_read_input_tokens: 7,
        cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 0 },
        output_tokens: 5,
        output_tokens_details: { thinking_tokens: 1 },
        server_tool_use: null,
        service_tier: 'standard',
        inference_geo: null,
        speed: null,
      },
    });
  });

  it('contains the arguments of a call as they are written, with all digits', async () => {
    const json = '{"id": 12345678901234567890, "x": 1e400, "__proto__": 1.0}';
    const events = [start('A'), args('A', json.slice(0, 9)), args('A', json.slice(9)), end('A')];
    expect(await writtenOf([...events, finish('tool-use')])).toContain(`"input":${json},`);
  });

  it('is empty if nothing was generated', async () => {
    expect(await encoded([finish('max-tokens')])).toMatchObject({
      content: [],
      stop_reason: 'max_tokens',
    });
  });

  it.each([
    ['inside its arguments', [start('A'), args('A', '{"x":')]],
    ['before its arguments', [start('A')]],
    ['and is not JSON', [start('A'), args('A', 'x=1'), end('A')]],
    ['and is not an object', [start('A'), args('A', '[1]'), end('A')]],
  ])('leaves out a call that was cut off %s', async (_where, events) => {
    expect(await encoded([text('a'), ...events, finish('tool-use')])).toMatchObject({
      content: [{ type: 'text', text: 'a' }],
      stop_reason: 'end_turn',
    });
  });

  it('fails if its events never finish', async () => {
    await expect(encoded([text('a')])).rejects.toMatchObject({ code: 'backend-failed' });
  });

  it('fails with the error of its events', async () => {
    async function* failing(): AsyncGenerator<GenerationEvent> {
      yield admitted;
      throw new Error('died');
    }
    await expect(encodeMessage(failing(), optionsWith({}))).rejects.toThrow('died');
  });

  it('never counts below 0 if the numbers of an upstream are inconsistent', async () => {
    const odd = { ...usage, promptTokens: 1 };
    const last: GenerationEvent = {
      type: 'finish',
      reason: 'end-turn',
      stopSequence: null,
      usage: odd,
    };
    expect(await encoded([last])).toMatchObject({ usage: { input_tokens: 0 } });
  });
});
