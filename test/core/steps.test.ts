import { expect, it } from 'vitest';
import { inSlices } from '../../src/core/steps.ts';

it('many small works share the time of one turn of the event loop', async () => {
  let inTurn = 0;
  let most = 0;
  /** Takes at least 2 ms in one step. */
  function* work() {
    if (inTurn === 0) setImmediate(() => (inTurn = 0));
    most = Math.max(most, ++inTurn);
    const end = performance.now() + 2;
    while (performance.now() < end);
    yield undefined;
  }
  await Promise.all(Array.from({ length: 50 }, () => inSlices(work())));
  // A slice of 10 ms has five, and waiting work has one in its turn.
  expect(most).toBeLessThanOrEqual(6);
});

it('a work that is aborted while it waits for its turn is not begun', async () => {
  const controller = new AbortController();
  let begun = 0;
  function* work() {
    begun += 1;
    const end = performance.now() + 20;
    while (performance.now() < end);
    yield undefined;
  }
  const first = inSlices(work());
  const second = inSlices(work(), controller.signal);
  controller.abort(new Error('The client has gone.'));
  await expect(second).rejects.toThrow('The client has gone.');
  await first;
  expect(begun).toBe(1);
});
