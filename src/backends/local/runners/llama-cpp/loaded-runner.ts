import type { Llama, Token } from 'node-llama-cpp';
import type { PromptLookupMode } from '../../../../config/engine-options.ts';
import type { EngineLog } from '../../engine-settings.ts';
import type { ModelMetadata } from '../../model/model-metadata.ts';
import { deviceOf } from '../../model/native-llama.ts';
import type { LoadedRunner } from '../../runner.ts';
import { TokenCompletion } from './completion.ts';
import type { LoadedWeights } from './load-weights.ts';
import { needsCheckpoints } from '../../prefix-cache/open-states.ts';
import { Slot } from './slot.ts';
import { SlotPool } from '../../prefix-cache/slot-pool.ts';
import type { StateFiles } from '../../prefix-cache/state-files.ts';
import { GrammarCompiler } from './token-grammar.ts';
import type { TokenGrammar } from './token-grammar.ts';

export interface LoadedRunnerOptions {
  readonly llama: Llama;
  readonly head: Pick<ModelMetadata, 'controlTexts' | 'turnEnds'>;
  readonly threads: number;
  readonly promptLookup: PromptLookupMode | undefined;
  readonly states: StateFiles | undefined;
  readonly log: EngineLog;
}

/** Opens the slots of a context whose weights are in memory. */
export function openSlots(
  { model, context, scheduler, bytesPerToken }: LoadedWeights,
  { llama, head, threads, promptLookup, states, log }: LoadedRunnerOptions,
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
    threads,
    slots: slots.length,
    get isStuck() {
      return scheduler.isOverdue;
    },
    get kept() {
      const bytes = states?.saved.map((state) => state.bytes);
      return bytes && { count: bytes.length, bytes: bytes.reduce((sum, one) => sum + one, 0) };
    },
    count: async (prompt) => prompt.length,
    compile: async (gbnf) => compiler.compile(gbnf),
    take({ prompt, session, isHeld, sampling, maxTokens }, signal) {
      const taken = pool.take(prompt, session, isHeld);
      const { slot } = taken;
      const options = { model, compiler, turnEnds, slot, prompt, sampling, maxTokens };
      return {
        reuse: () => taken.reuse(signal),
        prefill: () => slot.prefill(prompt, signal),
        complete: () => new TokenCompletion(options),
        release: (error) => taken.release(error !== undefined && !signal.aborted),
      };
    },
    restore: () => pool.restoreAll(),
    keep: () => pool.keepAll(),
  };
}
