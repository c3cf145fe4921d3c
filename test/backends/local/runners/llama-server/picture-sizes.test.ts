import type { Token } from 'node-llama-cpp';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { PictureSizes } from '../../../../../src/backends/local/runners/llama-server/picture-sizes.ts';
import { RefusedRequest } from '../../../../../src/backends/local/runners/llama-server/server-client.ts';
import { RuntimeFailure } from '../../../../../src/core/failure.ts';

/** Counting by a server whose evaluations end as `evaluated` says; the slots that were lent are recorded. */
function sizesOf(evaluated: (signal: AbortSignal) => Promise<number>) {
  const slots: unknown[] = [];
  const signals: AbortSignal[] = [];
  const sizes = new PictureSizes({
    marker: '<m>',
    client: {
      async post<T>(path: string, body: unknown, schema: z.ZodType<T>, signal: AbortSignal) {
        if (path === '/tokenize') return schema.parse({ tokens: [1] });
        slots.push((body as { id_slot: unknown }).id_slot);
        signals.push(signal);
        return schema.parse({ tokens_evaluated: await evaluated(signal) });
      },
    },
    lend: (work) => work(7),
  });
  const picture = Buffer.alloc(40).toString('base64');
  const prompt = Object.assign([-1 as Token], {
    media: { text: '<m>', pictures: [[-1 as Token, picture]] as const },
  });
  const count = (signal = new AbortController().signal) => sizes.count(prompt, signal);
  return { count, slots, signals };
}

describe('the size of a picture', () => {
  it('is evaluated once, in the slot that is lent', async () => {
    const { count, slots } = sizesOf(async () => 65);
    const [one, other] = await Promise.all([count(), count()]);
    expect([one, other, await count()]).toEqual([one, one, one]);
    expect(slots).toEqual([7]);
  });

  it('is evaluated on for others if a client leaves, and given up if all leave', async () => {
    let resolve: (tokens: number) => void = () => undefined;
    const promise = new Promise<number>((done) => {
      resolve = done;
    });
    const { count, signals } = sizesOf(() => promise);
    const leaving = new AbortController();
    const left = count(leaving.signal);
    const stays = count();
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
    expect(signals[0]?.aborted).toBe(false);
    resolve(65);
    expect(await stays).toBeGreaterThan(1);

    const never = sizesOf(() => new Promise(() => undefined));
    const alone = new AbortController();
    const asked = never.count(alone.signal);
    alone.abort();
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    expect(never.signals[0]?.aborted).toBe(true);
  });

  it('is the fault of the client only if llama-server refuses the picture', async () => {
    const crashed = new RuntimeFailure('engine-crashed', 'It ended.');
    await expect(sizesOf(() => Promise.reject(crashed)).count()).rejects.toBe(crashed);
    const refused = new RefusedRequest(new RuntimeFailure('backend-failed', 'x'), 'bad image');
    await expect(sizesOf(() => Promise.reject(refused)).count()).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining('(bad image)') as string,
    });
  });
});
