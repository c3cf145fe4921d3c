import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import { nativeContextOptions } from '../load-settings.ts';
import type { LoadSettings } from '../load-settings.ts';
import { NO_SHIFT } from '../sampling-options.ts';
import type { TimedToken } from '../../../resistant-line.ts';
import { tokenTimeOf } from './choice.ts';
import type { AttentionRates, AttentionTimes } from './choice.ts';

/** Tokens of a step: the smallest one at which flash attention is fast. */
const STEP = 64;
/** Largest depth. The times grow evenly, so deeper ones follow from these. */
const MOST_DEPTH = 2048;
/** Time for all steps. A slower model is measured to a smaller depth. */
const MOST_MS = 120_000;
/** Longest step. A request waits for its end, so a slower model is not measured. */
const MOST_STEP_MS = 2000;
/** Depth of the first generated tokens, without the steps that warm up. */
const FIRST_DEPTH = 2 * STEP;
/** Number of generated tokens at each of the two depths. */
const GENERATED = 8;

export interface MeasuringOptions {
  readonly settings: LoadSettings;
  /** Size of the model's context. */
  readonly contextTokens: number;
  readonly signal: AbortSignal;
}

/** Size of each of the two contexts for a measurement, for the context size of a model. */
export function measuredTokens(contextTokens: number): number {
  return Math.min(MOST_DEPTH, contextTokens) + 2 * (GENERATED + 2);
}

/**
 * Measures the times of a model with flash attention and without it, step by step in turn, so that other programs
 * delay both alike. Undefined if it was aborted, or if the model is too slow for it.
 */
export async function measureAttention(
  model: LlamaModel,
  { settings, contextTokens, signal }: MeasuringOptions,
): Promise<AttentionRates | undefined> {
  const contextSize = measuredTokens(contextTokens);
  const contexts: LlamaContext[] = [];
  try {
    for (const flashAttention of ['auto', 'off'] as const) {
      const options = nativeContextOptions({ ...settings, flashAttention });
      contexts.push(await model.createContext({ ...options, contextSize, batchSize: STEP }));
    }
    return await ratesOf(contexts, contextTokens, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    for (const context of contexts) await context.dispose();
  }
}

async function ratesOf(
  contexts: readonly LlamaContext[],
  contextTokens: number,
  signal: AbortSignal,
): Promise<AttentionRates | undefined> {
  const probes = contexts.map((context) => new Probe(context));
  const end = performance.now() + MOST_MS;
  const depth = Math.min(MOST_DEPTH, contextTokens);
  for (let read = STEP; read <= depth && performance.now() < end; read += STEP) {
    for (const probe of probes) {
      if ((await probe.read(signal)) > MOST_STEP_MS) return undefined;
    }
    if (read === FIRST_DEPTH) for (const probe of probes) await probe.write(signal);
  }
  for (const probe of probes) await probe.write(signal);
  const [on, off] = probes.map(({ times }) => times);
  return on && off && { on, off };
}

/** Context of one kind that times its steps. */
class Probe {
  readonly #sequence: LlamaContextSequence;
  readonly #read: TimedToken[] = [];
  readonly #written: TimedToken[] = [];
  readonly #tokens: Token[];

  constructor(context: LlamaContext) {
    this.#sequence = context.getSequence();
    // Any tokens will do: the time does not depend on them.
    this.#tokens = context.model.tokenize('a b '.repeat(STEP), false).slice(0, STEP);
  }

  /** Times of its tokens; undefined without enough depth. */
  get times(): AttentionTimes | undefined {
    // The first step also warms up.
    const prefill = tokenTimeOf(this.#read.slice(1));
    const decode = tokenTimeOf(this.#written);
    return prefill && decode && { prefill, decode };
  }

  /** Evaluates one step. Returns its milliseconds. */
  async read(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const depth = this.#sequence.nextTokenIndex;
    const started = performance.now();
    await this.#sequence.evaluateWithoutGeneratingNewTokens(this.#tokens, NO_SHIFT);
    const milliseconds = performance.now() - started;
    this.#read.push({ depth: depth + STEP / 2, time: milliseconds / STEP });
    return milliseconds;
  }

  /** Generates some tokens. */
  async write(signal: AbortSignal): Promise<void> {
    const depth = this.#sequence.nextTokenIndex;
    const options = { ...NO_SHIFT, yieldEogToken: true };
    let last = performance.now();
    let count = 0;
    for await (const _ of this.#sequence.evaluate(this.#tokens.slice(0, 1), options)) {
      signal.throwIfAborted();
      const now = performance.now();
      // The first one also waits for its sampler.
      if (count > 0) this.#written.push({ depth: depth + count, time: now - last });
      last = now;
      if (count++ === GENERATED) break;
    }
  }
}
