import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Backend, GenerationRequest } from '../../../../src/core/backend.ts';
import { collect, request as requestOf, said } from '../../../support/requests.ts';
import { serve } from '../../../support/upstream/replay.ts';
import { SPEECHES } from '../../speech.ts';
import { covers } from '../../../support/covers.ts';

const never = new AbortController().signal;
const HOUR = 3_600_000;
const soon = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });

interface Controlled {
  readonly request: GenerationRequest;
  /**
   * Emits `asked` when a request for an answer has come, `closed` when its connection has closed. The first
   * line is sent on `begin` at the latest.
   */
  readonly seen: EventEmitter;
}

describe.each(SPEECHES)(
  'a server of $kind',
  ({ open, model, path, mediaType, first, end, other }) => {
    covers('R2.8-failure', 'R4.2-fault');

    let backend: Backend;
    beforeEach(() => {
      backend = open();
    });
    afterEach(() => backend.close());

    /** A server that sends its first line after `silentMs`, and its end `openMs` later. */
    async function startSlow(silentMs: number, openMs: number): Promise<Controlled> {
      const seen = new EventEmitter();
      const server = await serve((request, response) => {
        response.setHeader('content-type', mediaType);
        if (request.url !== path) {
          response.end(other);
          return;
        }
        request.socket.once('close', () => seen.emit('closed'));
        request.resume().once('end', () => seen.emit('asked'));
        const timers = [
          setTimeout(() => response.write(first), silentMs),
          setTimeout(() => response.end(end), silentMs + openMs),
        ];
        seen.once('begin', () => response.write(first));
        response.once('close', () => timers.forEach(clearTimeout));
      });
      onTestFinished(server.close);
      return { request: requestOf(model(server.url), said('Hi')), seen };
    }

    describe('that is no longer wanted', () => {
      covers('R2.8-abort', 'R4.2-abort', 'R2.13-prefill', 'R2.13-disconnect');

      it('sees the connection close before it sent its headers', async () => {
        const { request, seen } = await startSlow(HOUR, 0);
        const client = new AbortController();
        const asked = once(seen, 'asked', soon());
        const next = backend.generate(request, client.signal).next();
        await asked;
        const closed = once(seen, 'closed', soon());
        client.abort();
        await expect(next).rejects.toMatchObject({ code: 'cancelled' });
        await closed;
      });

      it('sees it close in mid-answer', async () => {
        const { request, seen } = await startSlow(0, HOUR);
        const client = new AbortController();
        const events = backend.generate(request, client.signal);
        await events.next();
        expect(await events.next()).toMatchObject({ value: { type: 'text-delta' } });
        const closed = once(seen, 'closed', soon());
        const next = events.next();
        client.abort();
        await expect(next).rejects.toMatchObject({ code: 'cancelled' });
        await closed;
      });

      it('is not read after an abort, though more has arrived', async () => {
        const { request } = await startSlow(0, 0);
        const client = new AbortController();
        const events = backend.generate(request, client.signal);
        expect(await events.next()).toMatchObject({ value: { type: 'admitted' } });
        client.abort();
        await expect(events.next()).rejects.toMatchObject({ code: 'cancelled' });
      });

      it('sees it close when the generator is left', async () => {
        const { request, seen } = await startSlow(0, HOUR);
        const closed = once(seen, 'closed', soon());
        for await (const event of backend.generate(request, never)) {
          if (event.type === 'text-delta') break;
        }
        await expect(closed).resolves.toEqual([]);
      });

      it('sees it close when the generator is left right after admission', async () => {
        const { request, seen } = await startSlow(HOUR, 0);
        const closed = once(seen, 'closed', { signal: AbortSignal.timeout(5_000) });
        for await (const event of backend.generate(request, never)) {
          expect(event).toMatchObject({ type: 'admitted' });
          break;
        }
        await closed;
      });

      it('sees it close when the backend is closed', async () => {
        const { request, seen } = await startSlow(HOUR, 0);
        const asked = once(seen, 'asked', soon());
        const events = backend.generate(request, never);
        const failure = events.next().catch((error: unknown) => error);
        await asked;
        const closed = once(seen, 'closed', soon());
        await backend.close();
        expect(await failure).toMatchObject({ code: 'cancelled' });
        await closed;
      });

      it('keeps no cancelled request waiting while its properties are read', async () => {
        const server = await serve(() => undefined);
        onTestFinished(server.close);
        const client = new AbortController();
        const asked = requestOf(model(server.url), said('Hi'));
        const next = backend.generate(asked, client.signal).next();
        setTimeout(() => client.abort(), 50);
        await expect(next).rejects.toMatchObject({ code: 'cancelled' });
      });

      it('receives nothing for a request that is aborted already', async () => {
        const { request, seen } = await startSlow(0, 0);
        seen.once('asked', () => expect.unreachable('it was asked'));
        const next = backend.generate(request, AbortSignal.abort()).next();
        await expect(next).rejects.toMatchObject({ code: 'cancelled' });
      });
    });

    describe('that is slow', () => {
      covers('R2.5-admission', 'R4.2-abort');

      it('delays admission by 2 s at most', async () => {
        const { request, seen } = await startSlow(HOUR, 0);
        const started = performance.now();
        const events = backend.generate(request, never);
        expect(await events.next()).toMatchObject({ done: false, value: { type: 'admitted' } });
        expect(performance.now() - started).toBeGreaterThan(1_900);
        seen.emit('begin');
        expect(await events.next()).toMatchObject({ value: { type: 'text-delta', text: 'One' } });
      });

      it('delays admission no longer than its answer takes', async () => {
        const { request } = await startSlow(200, 0);
        const times: number[] = [];
        for (let time = 0; time < 3; time++) {
          const started = performance.now();
          expect((await collect(backend.generate(request, never))).text).toBe('One');
          times.push(performance.now() - started);
        }
        // A busy machine may stall one of them.
        expect(Math.min(...times)).toBeLessThan(1_800);
      });
    });

    it.each([
      ['an endless line', 'x', 'a line of over 8388608 bytes'],
      ['an endless page', '<br>\n', 'not an answer'],
    ])('is cut off if it sends %s', async (_, text, says) => {
      const piece = text.repeat(200_000);
      let sent = 0;
      const server = await serve((request, response) => {
        response.setHeader('content-type', mediaType);
        if (request.url !== path) {
          response.end(other);
          return;
        }
        const more = (): void => {
          while (!response.destroyed && response.write(piece)) sent += piece.length;
        };
        response.on('drain', more);
        more();
      });
      onTestFinished(server.close);
      const events = backend.generate(requestOf(model(server.url), said('Hi')), never);
      await expect(collect(events)).rejects.toMatchObject({
        code: 'backend-failed',
        message: expect.stringContaining(says) as string,
      });
      expect(sent).toBeLessThan(64 * 1024 * 1024);
    });
  },
);
