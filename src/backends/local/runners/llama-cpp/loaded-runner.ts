import type { Llama, Token } from 'node-llama-cpp';
import type { PromptLookupMode } from '../../../../config/engine-options.ts';
import type { EngineLog } from '../../engine-settings.ts';
import type { ModelMetadata } from '../../model/model-metadata.ts';
import { deviceOf } from '../../model/native-llama.ts';
import type { LoadedRunner, RunnerSlot, SlotRequest } from '../../runner.ts';
import { TokenCompletion } from './completion.ts';
import type { TokenCompletionOptions } from './completion.ts';
import type { LoadedWeights } from './load-weights.ts';
import { needsCheckpoints } from '../../prefix-cache/open-states.ts';
import type { AttentionLearner } from './flash-attention/learner.ts';
import type { LoadSettings } from './load-settings.ts';
import { Slot } from './slot.ts';
import { SlotPool } from '../../prefix-cache/slot-pool.ts';
import type { TakenSlot } from '../../prefix-cache/slot-pool.ts';
import { cacheSize } from '../../prefix-cache/saved-state.ts';
import type { StateFiles } from '../../prefix-cache/state-files.ts';
import { GrammarCompiler } from './token-grammar.ts';
import type { TokenGrammar } from './token-grammar.ts';

export interface LoadedRunnerOptions {
  readonly llama: Llama;
  readonly head: Pick<ModelMetadata, 'controlTexts' | 'turnEnds'>;
  readonly settings: LoadSettings;
  readonly promptLookup: PromptLookupMode | undefined;
  readonly states: StateFiles | undefined;
  readonly learner: AttentionLearner;
  readonly log: EngineLog;
}

/** Opens the slots of a context whose weights are in memory. */
export function openSlots(
  { model, context, scheduler, bytesPerToken }: LoadedWeights,
  { llama, head, settings, promptLookup, states, learner, log }: LoadedRunnerOptions,
): LoadedRunner<readonly Token[], TokenGrammar> {
  // A wrong draft has to be removed from the state.
  const guesses = promptLookup !== 'off' && !needsCheckpoints(model);
  const slots = Array.from(
    { length: context.totalSequences },
    () => new Slot(context, scheduler, guesses),
  );
  const pool = new SlotPool({ slots, scheduler, states, bytesPerToken, log });
  const compiler = new GrammarCompiler(model, head.controlTexts);
  const { turnEnds } = head;
  return {
    device: deviceOf(llama, model),
    sizeBytes: model.size,
    threads: settings.threads,
    slots: slots.length,
    get isStuck() {
      return scheduler.isOverdue;
    },
    get kept() {
      return states && cacheSize(states.saved);
    },
    count: async (prompt) => prompt.length,
    compile: async (gbnf) => compiler.compile(gbnf),
    take(request, signal) {
      const taken = pool.take(request.prompt, request.session, request.isHeld);
      return openSlot(taken, { model, compiler, turnEnds, learner }, request, signal);
    },
    restore: () => pool.restoreAll(),
    async keep() {
      await pool.keepAll();
      await learner.save();
    },
    async measure(signal) {
      await learner.measure(model, settings, context.contextSize, signal);
    },
  };
}

interface SlotParts extends Pick<TokenCompletionOptions, 'model' | 'compiler' | 'turnEnds'> {
  readonly learner: AttentionLearner;
}

/** Opens a taken slot for its request. */
function openSlot(
  taken: TakenSlot<Slot>,
  { learner, ...parts }: SlotParts,
  { prompt, sampling, maxTokens }: SlotRequest<readonly Token[]>,
  signal: AbortSignal,
): RunnerSlot<readonly Token[], TokenGrammar> {
  const { slot } = taken;
  let reused: number | undefined;
  let completion: TokenCompletion | undefined;
  return {
    reuse: async () => (reused = await taken.reuse(signal)),
    prefill: () => slot.prefill(prompt, signal),
    complete: () =>
      (completion = new TokenCompletion({ ...parts, slot, prompt, sampling, maxTokens })),
    release(error) {
      if (reused !== undefined) {
        const evaluated = Math.max(0, Math.min(slot.length, prompt.length) - reused);
        learner.served({ reused, evaluated, generated: completion?.tokens ?? 0 });
      }
      return taken.release(error !== undefined && !signal.aborted);
    },
  };
}
