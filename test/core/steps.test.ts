import { expect, it } from 'vitest';
import { beforeWorkOn, beforeWorkOnBytes, inSlices } from '../../src/core/steps.ts';

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

/** Largest number of works that ran in one turn of the event loop, of 50 that wait for `before` first. */
async function mostInTurn(before: () => Promise<void>): Promise<number> {
  const turns = new Map<number, number>();
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const work = async () => {
    await before();
    turns.set(turn, (turns.get(turn) ?? 0) + 1);
  };
  await Promise.all(Array.from({ length: 50 }, work));
  isOver = true;
  return Math.max(...turns.values());
}

it('work on the bytes of many answers does not fill one turn', async () => {
  expect(await mostInTurn(() => beforeWorkOnBytes(64 * 1024))).toBeLessThanOrEqual(5);
});

it('work on the tools of many requests does not fill one turn', async () => {
  expect(await mostInTurn(() => beforeWorkOn(400))).toBeLessThanOrEqual(5);
});
