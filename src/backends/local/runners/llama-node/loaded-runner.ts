import { existsSync } from 'node:fs';
import type { Llama } from 'node-llama-cpp';
import type { LoadedRunner, SlotRequest } from '../../runner.ts';
import { TextCompletion } from './completion.ts';
import { BrokenContext } from './context.ts';
import type { VisionContext } from './context.ts';
import type { AddonPrompt, CompletionOptions } from './context-options.ts';
import type { StateFile } from './state-file.ts';

export interface VisionRunnerOptions {
  readonly context: VisionContext;
  readonly llama: Llama;
  readonly threads: number;
  readonly abandon: () => void;
  /** State file of prompts without pictures; undefined if it is disabled. */
  readonly state: StateFile | undefined;
  /** Texts of tokens that end the model's turn, in addition to those that end its generation. */
  readonly ends: readonly string[];
  /** Counts the tokens of a short text. */
  readonly countText: (text: string) => number;
}

/** Wraps a native context as a runner of one slot. */
export function runnerOf(options: VisionRunnerOptions): LoadedRunner<AddonPrompt, string> {
  const { context, llama, threads, abandon, ends, countText } = options;
  return {
    device: context.device,
    sizeBytes: context.sizeBytes,
    threads,
    slots: 1,
    count: async (prompt) => context.count(prompt),
    async compile(gbnf) {
      // The addon ends the process if it can't parse a grammar; node-llama-cpp throws.
      await llama.createGrammar({ grammar: gbnf });
      return gbnf;
    },
    take(request, signal) {
      const { prompt, tokens, sampling, maxTokens } = request;
      const state = () => stateFor(request, options.state);
      const common = { context, prompt, sampling, maxTokens, ends, countText, state, signal };
      return {
        reuse: () => evaluate(options, request, signal),
        async *prefill() {
          yield tokens;
        },
        complete: () => new TextCompletion(common),
        async release(error) {
          // Waiting requests are sent to the next process.
          if (error instanceof BrokenContext) setImmediate(abandon);
        },
      };
    },
  };
}

/**
 * Evaluates the prompt by a separate completion, because only the end of a completion reports the reused tokens.
 * Returns their number. The single generated token is dropped.
 */
async function evaluate(
  { context, ends, state }: VisionRunnerOptions,
  request: SlotRequest<AddonPrompt>,
  signal: AbortSignal,
): Promise<number> {
  const { prompt, tokens, sampling, maxTokens } = request;
  const files = stateFor(request, state);
  // The addon caches no prompt without pictures, so it would evaluate it twice.
  if (prompt.pictures.length === 0 && files.save === undefined && maxTokens > 0) return 0;
  const stream = context.complete(prompt, { ends, sampling, ...files, maxTokens: 1 }, signal);
  let next = await stream.next();
  while (next.done !== true) next = await stream.next();
  return Math.min(next.value.cachedTokens, tokens - 1);
}

/** Files of the state to load and to save. The addon itself only reuses prompts with pictures. */
function stateFor(
  { prompt, tokens }: SlotRequest<AddonPrompt>,
  state: StateFile | undefined,
): Pick<CompletionOptions, 'load' | 'save'> {
  const fits = state !== undefined && tokens <= state.mostTokens;
  if (prompt.pictures.length > 0 || !fits) return {};
  return { save: state.file, ...(existsSync(state.file) && { load: state.file }) };
}
