import { LlamaGrammarEvaluationState, TokenBias } from 'node-llama-cpp';
import type { LlamaModel, Token } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLlama } from '../../../../../src/backends/local/model/native-llama.ts';
import type { NativeLlama } from '../../../../../src/backends/local/model/native-llama.ts';
import { Scheduler } from '../../../../../src/backends/local/runners/llama-cpp/scheduler.ts';
import { Slot } from '../../../../../src/backends/local/runners/llama-cpp/slot.ts';
import { MINI } from '../../../../support/requests.ts';
import { NATIVE_CONTEXT } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

let native: NativeLlama;
let model: LlamaModel;
beforeAll(async () => {
  native = await startLlama();
  model = await native.loadModel({ modelPath: MINI.file ?? '' });
});
afterAll(() => native.close());

/** Slots of one context, and how many tokens of each of their sequences every batch had. */
async function openSlots(sequences: number) {
  const scheduler = new Scheduler();
  const batches: number[][] = [];
  const context = await model.createContext({
    contextSize: 4096,
    sequences,
    ...NATIVE_CONTEXT,
    batching: {
      itemPrioritizationStrategy: (queue) => {
        const plan = scheduler.plan(queue);
        if (plan.length > 0) batches.push(plan.map(({ processAmount }) => processAmount));
        return plan;
      },
    },
  });
  const slots = Array.from({ length: sequences }, () => new Slot(context, scheduler));
  return { scheduler, batches, slots, context };
}

const promptOf = (text: string) => model.tokenize(text, true);
const never = new AbortController().signal;

async function prefill(slot: Slot, text: string): Promise<Token> {
  const prompt = promptOf(text);
  await slot.reuse(prompt);
  const steps = slot.prefill(prompt, never);
  while ((await steps.next()).done !== true);
  const last = prompt.at(-1);
  if (last === undefined) throw new Error('The prompt is empty.');
  return last;
}

/** Generates words without end, until the predicate returns false. */
async function stream(slot: Slot, text: string, goesOn: () => boolean): Promise<void> {
  const last = await prefill(slot, text);
  const grammar = await native.llama.createGrammar({ grammar: 'root ::= [a-z ] root' });
  const state = new LlamaGrammarEvaluationState({ model, grammar });
  const held = { state, bias: TokenBias.for(model) };
  const tokens = slot.decode(last, { temperature: 0 }, () => held);
  while ((await tokens.next()).done !== true && goesOn());
  await tokens.return();
}

describe('sequences that decode together', () => {
  covers('R6.3-full-batches');

  it.each([2, 4, 8])('share their batches: %i', async (count) => {
    const { slots, batches, context } = await openSlots(count);
    const streams = slots.map((slot, index) => {
      let left = 40;
      return stream(slot, `Tell me of ${index}`, () => --left > 0);
    });
    await Promise.all(streams);
    const full = batches.filter((batch) => batch.length === count);
    expect(full.length).toBeGreaterThan(30);
    await context.dispose();
  });
});

describe('a long prompt beside a stream', () => {
  covers('R6.3-flow');

  it('takes a step in each batch, and the stream its token', async () => {
    const { slots, batches, context, scheduler } = await openSlots(2);
    const [running, other] = slots;
    if (running === undefined || other === undefined) throw new Error('There are too few slots.');
    let over = false;
    let tokens = 0;
    const streaming = stream(running, 'Tell me of rivers', () => {
      tokens++;
      return !over;
    });
    await expect.poll(() => tokens, { interval: 1 }).toBeGreaterThan(10);
    await prefill(other, 'The night is long. '.repeat(300));
    over = true;
    await streaming;
    expect(scheduler.rate).toBeGreaterThan(0);
    const steps = batches.filter((batch) => batch.some((amount) => amount > 1)).slice(1);
    expect(steps.length).toBeGreaterThan(4);
    const shared = steps.filter((batch) => batch.includes(1));
    expect(shared.length).toBeGreaterThanOrEqual(steps.length - 1);
    await context.dispose();
  });
});

describe('a change of one slot’s state', () => {
  covers('R6.3-exclusive');

  it('comes in between the batches of streams that do not end', async () => {
    const { slots, context } = await openSlots(3);
    const [one, two, other] = slots;
    if (one === undefined || two === undefined || other === undefined) {
      throw new Error('There are too few slots.');
    }
    await prefill(other, 'The night is long. '.repeat(20));
    let over = false;
    let tokens = 0;
    const streams = [one, two].map((slot) =>
      stream(slot, 'Tell me of rivers', () => {
        tokens++;
        return !over;
      }),
    );
    await expect.poll(() => tokens, { interval: 1 }).toBeGreaterThan(20);
    const before = tokens;
    const kept = await other.reuse(promptOf('The night is long. And short.'));
    expect(kept).toBeGreaterThan(2);
    expect(tokens - before).toBeLessThan(20);
    over = true;
    await Promise.all(streams);
    await context.dispose();
  });
});
