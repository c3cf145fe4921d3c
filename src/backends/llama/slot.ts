import { randomInt } from 'node:crypto';
import type { LlamaContextSequence, LlamaGrammarEvaluationState, Token } from 'node-llama-cpp';
import type { Sampling } from '../../core/model.ts';
import type { LoadedModel } from './loaded-model.ts';
import { prefillStep } from './prefill-steps.ts';
import { abortReason } from './queue.ts';

/** llama.cpp's own defaults for what neither the client nor the model's entry says. */
const DEFAULT_SAMPLING = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 } as const;

/** Seeds are unsigned 32-bit numbers in llama.cpp; its largest means "choose one". */
const MOST_SEEDS = 2 ** 32 - 1;

/** A generator of tokens that takes tokens to put in place of the one it yielded last. */
export type TokenStream = AsyncGenerator<Token, void, void | Token | Token[]>;

/** The grammar that the next token has to follow, if any. */
export type GrammarAt = () => LlamaGrammarEvaluationState | undefined;

/** One sequence of a context: it keeps the state of its last prompt, which the next may share. */
export class Slot {
  readonly #sequence: LlamaContextSequence;
  readonly #batchSize: number;

  constructor(loaded: LoadedModel) {
    this.#sequence = loaded.sequence;
    this.#batchSize = loaded.batchSize;
  }

  /**
   * Keeps what the prompt shares with the state that is there, and gives its length in tokens. At
   * least the last token is left to evaluate: without it there is nothing to sample from.
   */
  async reuse(prompt: readonly Token[]): Promise<number> {
    await this.#sequence.adaptStateToTokens(prompt.slice(0, -1), false);
    return this.#sequence.nextTokenIndex;
  }

  /**
   * Evaluates the prompt up to its last token, in steps short enough to stop between them. Yields how
   * many tokens of the prompt are there.
   */
  async *prefill(prompt: readonly Token[], signal: AbortSignal): AsyncGenerator<number> {
    let rate: number | undefined;
    let done = this.#sequence.nextTokenIndex;
    while (done < prompt.length - 1) {
      if (signal.aborted) throw abortReason(signal);
      const size = Math.min(prefillStep(rate, this.#batchSize), prompt.length - 1 - done);
      const started = performance.now();
      await this.#sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(done, done + size));
      rate = size / Math.max(performance.now() - started, 0.001);
      done += size;
      yield done;
    }
  }

  /**
   * Samples tokens behind the prompt's last one, until the model ends its turn. `grammar` is asked
   * before each token which grammar it has to follow.
   */
  decode(last: Token, sampling: Sampling, grammar: GrammarAt): TokenStream {
    const { temperature, topK, topP, minP } = { ...DEFAULT_SAMPLING, ...sampling };
    return this.#sequence.evaluate([last], {
      temperature,
      topK,
      topP,
      minP,
      // The library's own default is the time in seconds: requests of one second would be alike.
      seed: sampling.seed ?? randomInt(MOST_SEEDS),
      grammarEvaluationState: grammar,
      contextShift: { strategy: refuseShift },
    });
  }
}

/** A context never shifts: that would cut the conversation silently. */
function refuseShift(): never {
  throw new RangeError('the context is full');
}
