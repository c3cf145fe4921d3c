import { expect } from 'vitest';
import { isRecord } from '../../../src/core/json.ts';
import type { StreamFrame } from '../../../src/wires/anthropic/encode-stream.ts';

/** Block as a client assembles it, independently of the encoder. */
export interface HeardBlock {
  readonly type: string;
  readonly start: Readonly<Record<string, unknown>>;
  readonly deltas: readonly Readonly<Record<string, unknown>>[];
}

export interface HeardMessage {
  readonly blocks: readonly HeardBlock[];
  readonly stopReason: unknown;
  readonly usage: Readonly<Record<string, unknown>>;
}

function recordAt(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const found = isRecord(value) ? value[key] : undefined;
  if (!isRecord(found)) throw new Error(`${key} is missing in ${JSON.stringify(value)}`);
  return found;
}

const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
};

/**
 * Reads a complete stream by the grammar in the API's documentation, independently of the encoder:
 * message_start (block_start delta* block_stop)* message_delta message_stop. Fails on any deviation.
 */
export function hear(frames: readonly StreamFrame[]): HeardMessage {
  for (const { event, data } of frames) expect(data['type']).toBe(event);
  const [first, ...rest] = frames;
  expect(first?.event).toBe('message_start');
  const message = recordAt(first?.data, 'message');
  expect(message).toMatchObject({ content: [], stop_reason: null, stop_sequence: null });
  expect(rest.at(-1)?.event).toBe('message_stop');
  const end = rest.at(-2);
  expect(end?.event).toBe('message_delta');
  return {
    blocks: hearBlocks(rest.slice(0, -2)),
    stopReason: recordAt(end?.data, 'delta')['stop_reason'],
    usage: recordAt(end?.data, 'usage'),
  };
}

function hearBlocks(frames: readonly StreamFrame[]): readonly HeardBlock[] {
  const blocks: HeardBlock[] = [];
  let open:
    | { start: Readonly<Record<string, unknown>>; deltas: Record<string, unknown>[] }
    | undefined;
  for (const { event, data } of frames) {
    expect(data['index']).toBe(blocks.length);
    if (event === 'content_block_start') {
      expect(open).toBeUndefined();
      open = { start: recordAt(data, 'content_block'), deltas: [] };
      continue;
    }
    if (open === undefined) throw new Error(`${event} outside of a block`);
    if (event === 'content_block_delta') {
      open.deltas.push(recordAt(data, 'delta'));
      continue;
    }
    expect(event).toBe('content_block_stop');
    const block = { type: shown(open.start['type']), ...open };
    checkBlock(block);
    blocks.push(block);
    open = undefined;
  }
  expect(open).toBeUndefined();
  return blocks;
}

function checkBlock({ type, start, deltas }: HeardBlock): void {
  const kinds = deltas.map((delta) => shown(delta['type']));
  for (const kind of kinds) expect(DELTAS[type]).toContain(kind);
  if (type === 'text') {
    expect(start).toEqual({ type, text: '' });
    expect(textOf(deltas, 'text')).not.toBe('');
  } else if (type === 'thinking') {
    expect(start).toEqual({ type, thinking: '', signature: '' });
    // Each signature_delta replaces the previous one in the SDKs.
    expect(kinds.indexOf('signature_delta')).toBe(kinds.length - 1);
  } else {
    expect(start).toMatchObject({ type: 'tool_use', input: {} });
    for (const delta of deltas) expect(delta['partial_json']).not.toBe('');
  }
}

/** Joined values of a field in the deltas of a block. */
export function textOf(deltas: HeardBlock['deltas'], field: string): string {
  return deltas.map((delta) => shown(delta[field] ?? '')).join('');
}

/** Text of a value: strings unchanged, anything else as JSON. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
