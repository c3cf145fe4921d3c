import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventBatch } from '../../../../src/backends/local/worker/event-batch.ts';
import { EventChannel } from '../../../../src/backends/local/worker/event-channel.ts';
import { covers } from '../../../support/covers.ts';

const delta = (text: string) => ({ type: 'text-delta', text }) as const;
const progress = { type: 'progress', text: '' } as const;
type Event = ReturnType<typeof delta> | typeof progress;

describe('events between processes', () => {
  covers('R2.7-batched');

  let batches: string[];
  let batch: EventBatch<Event>;

  beforeEach(() => {
    vi.useFakeTimers();
    batches = [];
    batch = new EventBatch<Event>((events) => {
      batches.push(events.map(({ type, text }) => text || type).join(' '));
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('travel together when they come quickly, and none is lost', () => {
    for (let token = 0; token < 12; token++) {
      batch.add(delta(String(token)));
      vi.advanceTimersByTime(8);
    }
    batch.close();
    expect(batches).toEqual(['0', '1 2 3 4', '5 6 7 8', '9 10 11']);
  });

  it('do not wait in the stream of a slow model', () => {
    for (const text of ['one', 'two', 'three']) {
      batch.add(delta(text));
      vi.advanceTimersByTime(1);
      expect(batches.at(-1)).toBe(text);
      vi.advanceTimersByTime(40);
    }
  });

  it('wait no longer than 33 ms if no other one comes', () => {
    batch.add(delta('one'));
    vi.advanceTimersByTime(2);
    batch.add(delta('two'));
    vi.advanceTimersByTime(32);
    expect(batches).toEqual(['one', 'two']);
  });

  it('are sent soon with the first one of another type', () => {
    batch.add(progress);
    vi.advanceTimersByTime(2);
    batch.add(progress);
    vi.advanceTimersByTime(2);
    batch.add(delta('one'));
    vi.advanceTimersByTime(2);
    expect(batches).toEqual(['progress', 'progress one']);
  });

  it('are sent at the end', () => {
    batch.add(delta('one'));
    batch.close();
    expect(batches).toEqual(['one']);
    vi.runAllTimers();
    expect(batches).toHaveLength(1);
  });
});

describe('channel of events', () => {
  it('is read in order, then to the end or the failure', async () => {
    const channel = new EventChannel<number>();
    channel.push([1, 2]);
    setTimeout(() => channel.push([3]), 5);
    setTimeout(() => channel.fail(new Error('broken')), 10);
    const read: number[] = [];
    const reading = (async () => {
      for await (const item of channel.read()) read.push(item);
    })();
    await expect(reading).rejects.toThrow('broken');
    expect(read).toEqual([1, 2, 3]);
  });
});
