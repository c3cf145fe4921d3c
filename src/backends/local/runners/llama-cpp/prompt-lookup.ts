import { TokenPredictor } from 'node-llama-cpp';
import type { Token } from 'node-llama-cpp';
import { append, median } from '../../../../core/lists.ts';

/** Number of the last tokens that must have occurred earlier. */
const PATTERN = 3;
/** Upper bound of a vocabulary, so that few patterns share a number. */
const MOST_TOKENS = 2 ** 18;
/** Number of kept times of batches without a guess, for comparison. */
const KEPT_TIMES = 8;
/** Longest pause. Each guess without a gain is followed by 2, 4, 8 … skipped guesses. */
const LONGEST_PAUSE = 32;

export interface PromptLookupOptions {
  /** Returns true if a guess is allowed now, because no other sequence waits for the batch. */
  readonly mayGuess: () => boolean;
  /** Returns milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** Batch with the facts for its evaluation. */
interface Batch {
  readonly at: number;
  /** Number of tokens. */
  readonly length: number;
  readonly guessed: boolean;
}

/**
 * Drafts the next token from the token that followed the same tokens earlier, in prompt or answer. Models often copy,
 * especially when they edit files. llama.cpp evaluates the draft in the same batch, and each token is still sampled
 * from the model, so answers do not change. More than one token at a time would be useless, because node-llama-cpp
 * 3.22.1 rejects all but the first.
 *
 * A draft pays if tokens come faster than without it, so machine and model decide if there are any.
 *
 * @see https://github.com/apoorvumang/prompt-lookup-decoding
 */
export class PromptLookup extends TokenPredictor {
  readonly #mayGuess: () => boolean;
  readonly #now: () => number;
  #tokens: Token[] = [];
  /** Last place of each pattern. */
  readonly #places = new Map<number, number>();
  #indexed = 0;
  #last: Batch | undefined;
  readonly #times: number[] = [];
  #failures = 0;
  #pause = 0;
  /** True if the present answer gets drafts at all. */
  enabled = false;

  constructor({ mayGuess, now = () => performance.now() }: PromptLookupOptions) {
    super();
    this.#mayGuess = mayGuess;
    this.#now = now;
  }

  /** True if a token may have been evaluated that was not requested yet. */
  get isAhead(): boolean {
    const last = this.#last;
    return last?.guessed === true && this.#tokens.length === last.length;
  }

  /** Starts again with the present tokens. */
  reset({ stateTokens }: { readonly stateTokens: Token[] }): void {
    this.#tokens = stateTokens;
    this.#places.clear();
    this.#indexed = 0;
    this.#last = undefined;
  }

  pushTokens(tokens: Token[]): void {
    append(this.#tokens, tokens);
  }

  predictTokens(): Token[] {
    const at = this.#now();
    this.#judge(at);
    const guess = this.enabled && this.#mayGuess() ? this.#guess() : undefined;
    this.#last = { at, length: this.#tokens.length, guessed: guess !== undefined };
    return guess === undefined ? [] : [guess];
  }

  #guess(): Token | undefined {
    // The time of a token without a guess has to be known.
    if (this.#times.length === 0) return undefined;
    const place = this.#find();
    if (place === undefined || this.#pause-- > 0) return undefined;
    this.#pause = 0;
    return this.#tokens[place];
  }

  /** Finds the place after the last occurrence of the last tokens. */
  #find(): number | undefined {
    const end = this.#tokens.length;
    // Skip the last tokens themselves.
    for (let place = Math.max(this.#indexed, PATTERN); place < end; place += 1) {
      this.#places.set(this.#patternBefore(place), place);
    }
    this.#indexed = end;
    return end < PATTERN ? undefined : this.#places.get(this.#patternBefore(end));
  }

  /** Computes a number for the tokens before a place. If two patterns share it, a guess is wrong. */
  #patternBefore(place: number): number {
    let pattern = 0;
    for (let at = place - PATTERN; at < place; at += 1) {
      pattern = pattern * MOST_TOKENS + (this.#tokens[at] ?? 0);
    }
    return pattern;
  }

  /** Evaluates the previous batch by its time and its tokens. */
  #judge(now: number): void {
    const last = this.#last;
    if (last === undefined) return;
    const taken = Math.max(1, this.#tokens.length - last.length);
    const time = (now - last.at) / taken;
    if (!last.guessed) {
      this.#times.push(time);
      if (this.#times.length > KEPT_TIMES) this.#times.shift();
    } else if (time < (median(this.#times) ?? Infinity)) {
      this.#failures = 0;
    } else {
      this.#failures += 1;
      this.#pause = Math.min(2 ** this.#failures, LONGEST_PAUSE);
    }
  }
}
