import { TokenPredictor } from 'node-llama-cpp';
import type { Token } from 'node-llama-cpp';
import { append } from '../../../../core/lists.ts';

/** How many of the last tokens must have come before, so that what followed them is guessed again. */
const PATTERN = 3;
/** Of a vocabulary, so that hardly any two patterns have the same number. */
const MOST_TOKENS = 2 ** 18;
/** Batches without a guess whose time is kept: what a token takes otherwise. */
const KEPT_TIMES = 8;
/** Guesses that did not pay are followed by 2, 4, 8 … chances to guess that are left out, but no more than: */
const LONGEST_PAUSE = 32;

export interface PromptLookupOptions {
  /** Whether a guess may be made now: nobody else waits for the batch. */
  readonly mayGuess: () => boolean;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** A batch, and what it is judged by. */
interface Batch {
  readonly at: number;
  /** How many tokens there were. */
  readonly length: number;
  readonly guessed: boolean;
}

/**
 * Guesses the next token by what followed the last ones before, in prompt or answer: models often
 * copy, most of all when they edit files. llama.cpp evaluates the guess in the same batch, and each token is sampled
 * by what the model says, so that answers are what they would be.
 * Source: https://github.com/apoorvumang/prompt-lookup-decoding. More than one token at a time would be in vain:
 * node-llama-cpp 3.22.1 refutes all but the first.
 *
 * A guess pays if tokens came faster than without it; so machine and model decide whether any are made.
 */
export class PromptLookup extends TokenPredictor {
  readonly #mayGuess: () => boolean;
  readonly #now: () => number;
  #tokens: Token[] = [];
  /** Behind which place each pattern was seen last. */
  readonly #places = new Map<number, number>();
  #indexed = 0;
  #last: Batch | undefined;
  readonly #times: number[] = [];
  #failures = 0;
  #pause = 0;
  /** Whether the answer that is generated is guessed at all. */
  enabled = false;

  constructor({ mayGuess, now = () => performance.now() }: PromptLookupOptions) {
    super();
    this.#mayGuess = mayGuess;
    this.#now = now;
  }

  /** Whether a token may have been evaluated that was not asked for yet. */
  get isAhead(): boolean {
    const last = this.#last;
    return last?.guessed === true && this.#tokens.length === last.length;
  }

  /** Forgets all but the tokens that are there now. */
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
    // What a token takes without a guess has to be known.
    if (this.#times.length === 0) return undefined;
    const place = this.#find();
    if (place === undefined || this.#pause-- > 0) return undefined;
    this.#pause = 0;
    return this.#tokens[place];
  }

  /** Where the last tokens were seen before: the place behind them. */
  #find(): number | undefined {
    const end = this.#tokens.length;
    // The last ones themselves are no earlier place.
    for (let place = Math.max(this.#indexed, PATTERN); place < end; place += 1) {
      this.#places.set(this.#patternBefore(place), place);
    }
    this.#indexed = end;
    return end < PATTERN ? undefined : this.#places.get(this.#patternBefore(end));
  }

  /** A number for the tokens before a place; where two patterns share one, a guess is wrong. */
  #patternBefore(place: number): number {
    let pattern = 0;
    for (let at = place - PATTERN; at < place; at += 1) {
      pattern = pattern * MOST_TOKENS + (this.#tokens[at] ?? 0);
    }
    return pattern;
  }

  /** Learns from how long the batch before took, and how many tokens it came to. */
  #judge(now: number): void {
    const last = this.#last;
    if (last === undefined) return;
    const taken = Math.max(1, this.#tokens.length - last.length);
    const time = (now - last.at) / taken;
    if (!last.guessed) {
      this.#times.push(time);
      if (this.#times.length > KEPT_TIMES) this.#times.shift();
    } else if (time < median(this.#times)) {
      this.#failures = 0;
    } else {
      this.#failures += 1;
      this.#pause = Math.min(2 ** this.#failures, LONGEST_PAUSE);
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Infinity;
}
