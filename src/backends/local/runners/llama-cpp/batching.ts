/** A sequence's tokens that wait to be evaluated: one where it decodes, more where it prefills. */
export interface WaitingItem {
  readonly tokens: readonly unknown[];
}

/** How many tokens of an item go into the batch. */
export interface BatchShare<Item> {
  readonly item: Item;
  readonly processAmount: number;
}

export interface BatchLimits {
  /** The most tokens that llama.cpp takes in one batch. */
  readonly size: number;
  /** The most tokens of prompts, together, so that those who decode or may cancel wait no longer. */
  readonly prefill: number;
}

/** A sequence comes back within three of the dispatcher's turns as a rule; far more means that it won't. */
const MOST_TURNS = 40;

/**
 * Whether a batch should wait for sequences that are about to queue their next token: node-llama-cpp's
 * dispatcher starts over before the last of them is back, so that they would never share a batch.
 *
 * @param active sequences that are being evaluated, queued or not
 * @param turns how often the dispatcher has asked since its last batch
 */
export function shouldWait(queued: number, active: number, turns: number): boolean {
  return queued < active && turns < MOST_TURNS;
}

/**
 * The next batch: every stream's token first, so that none stands still while others prefill, then
 * prompts in the order of the queue. Who has had its step queues behind the others, so they take turns.
 */
export function planBatch<Item extends WaitingItem>(
  items: readonly Item[],
  limits: BatchLimits,
): BatchShare<Item>[] {
  const decoding = items.filter(({ tokens }) => tokens.length <= 1).slice(0, limits.size);
  const plan = decoding.map((item) => ({ item, processAmount: 1 }));
  // Beside streams llama.cpp evaluates the first token of a prompt with theirs, and the rest apart.
  const prefill = limits.prefill + (plan.length > 0 ? 1 : 0);
  let room = Math.min(limits.size - plan.length, prefill);
  for (const item of items) {
    if (item.tokens.length <= 1) continue;
    const processAmount = Math.min(item.tokens.length, room);
    if (processAmount <= 0) break;
    plan.push({ item, processAmount });
    room -= processAmount;
  }
  return plan;
}
