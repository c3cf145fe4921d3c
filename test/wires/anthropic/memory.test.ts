import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { encodeMessage } from '../../../src/wires/anthropic/encode-message.ts';
import { createEventEncoder } from '../../../src/wires/anthropic/event-encoder.ts';
import { admitted, finish, optionsWith } from './encoding.ts';

const PIECES = 300_000;
const CHARACTERS = 13;

const piece = (index: number): string => String(1e12 + index);
const KINDS: Readonly<Record<string, (index: number) => GenerationEvent>> = {
  text: (index) => ({ type: 'text-delta', text: piece(index) }),
  thinking: (index) => ({ type: 'thinking-delta', text: piece(index) }),
  arguments: (index) => ({ type: 'tool-call-delta', id: 'a', json: piece(index) }),
};
const START: GenerationEvent = { type: 'tool-call-start', id: 'a', name: 'look' };

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

function heapBytes(): number {
  if (!isFunction(collect)) throw new Error('V8 has no collector.');
  collect();
  return process.memoryUsage().heapUsed;
}

function isFunction(value: unknown): value is () => void {
  return typeof value === 'function';
}

describe.each(Object.entries(KINDS))('an answer of many pieces of %s', (_kind, event) => {
  it('takes about the memory of its characters while it is streamed', () => {
    const encoder = createEventEncoder(optionsWith({}));
    encoder.push(admitted);
    if (event(0).type === 'tool-call-delta') encoder.push(START);
    const before = heapBytes();
    for (let index = 0; index < PIECES; index += 1) encoder.push(event(index));
    expect(heapBytes() - before).toBeLessThan(2 * PIECES * CHARACTERS);
    encoder.push(finish('end-turn'));
  });

  it('takes about the memory of its characters while it is collected', async () => {
    let taken = Infinity;
    const events = async function* (): AsyncGenerator<GenerationEvent> {
      yield admitted;
      if (event(0).type === 'tool-call-delta') yield START;
      const before = heapBytes();
      for (let index = 0; index < PIECES; index += 1) yield event(index);
      taken = heapBytes() - before;
      yield finish('end-turn');
    };
    await encodeMessage(events(), optionsWith({}));
    // The encoder and the collector each have the text.
    expect(taken).toBeLessThan(4 * PIECES * CHARACTERS);
  });
});
