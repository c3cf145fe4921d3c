/** Waiting tokens of a sequence: one for decoding, more for a prefill. */
export interface WaitingItem {
  readonly tokens: readonly unknown[];
}

/** Number of an item's tokens in the batch. */
export interface BatchShare<Item> {
  readonly item: Item;
  readonly processAmount: number;
}

export interface BatchLimits {
  /** Largest batch of llama.cpp in tokens. */
  readonly size: number;
  /** Limit of prompt tokens, which bounds the time until the next decoded token or abort. */
  readonly prefill: number;
}

/** Turns of the dispatcher to wait for a sequence. It usually returns within three; after many more it will not. */
const MOST_TURNS = 40;

/**
 * Returns true if a batch should wait for sequences that are about to queue their next token. node-llama-cpp's
 * dispatcher would start before the last of them returns, so they would never share a batch.
 *
 * @param active number of sequences in evaluation, queued or not
 * @param turns number of turns of the dispatcher since its last batch
 */
export function shouldWait(queued: number, active: number, turns: number): boolean {
  return queued < active && turns < MOST_TURNS;
}

/**
 * Plans the next batch: first the token of every stream, so that none waits for a prefill, then prompts in the order
 * of the queue. A prompt queues again after its step, so prompts take turns.
 */
export function planBatch<Item extends WaitingItem>(
  items: readonly Item[],
  limits: BatchLimits,
): BatchShare<Item>[] {
  const decoding = items.filter(({ tokens }) => tokens.length <= 1).slice(0, limits.size);
  const plan = decoding.map((item) => ({ item, processAmount: 1 }));
  // With streams, llama.cpp evaluates the first token of a prompt in their batch, and the rest separately.
  const prefill = limits.prefill + (plan.length > 0 ? 1 : 0);
  let remaining = Math.min(limits.size - plan.length, prefill);
  for (const item of items) {
    if (item.tokens.length <= 1) continue;
    const processAmount = Math.min(item.tokens.length, remaining);
    if (processAmount <= 0) break;
    plan.push({ item, processAmount });
    remaining -= processAmount;
  }
  return plan;
}
