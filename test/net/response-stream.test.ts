import type { Dispatcher } from 'undici';
import { expect, it } from 'vitest';
import { ResponseStream } from '../../src/net/response-stream.ts';

const PIECE = Buffer.alloc(64 * 1024, 'x');

it('reads on where a paused connection delivers its last bytes at once when it is resumed', async () => {
  const stream = new ResponseStream(() => undefined);
  let left = 40;
  const flow = { isPaused: false };
  const controller: Dispatcher.DispatchController = {
    aborted: false,
    paused: false,
    reason: null,
    abort: () => undefined,
    pause() {
      flow.isPaused = true;
    },
    // As undici's parser does with bytes that it has received.
    resume() {
      flow.isPaused = false;
      while (!flow.isPaused && left-- > 0) stream.onResponseData(this, PIECE);
      if (left < 0) stream.onResponseEnd();
    },
  };
  stream.onRequestStart(controller);
  stream.onResponseStart(controller, 200, {});
  let bytes = 0;
  for await (const piece of stream.body((reason) => reason)) bytes += piece.length;
  expect(bytes).toBe(40 * PIECE.length);
}, 10_000);
