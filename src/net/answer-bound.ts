import { RuntimeFailure } from '../core/failure.ts';

/** Pieces and characters of a token at most, on average over an answer: some servers send each letter alone. */
const PIECES_PER_TOKEN = 16;
const CHARACTERS_PER_TOKEN = 64;

/** Margin for short answers. */
const MORE_PIECES = 1024;
const MORE_CHARACTERS = 64 * 1024;

/** However many tokens were asked for: most of an answer may have to be kept until its end. */
const MOST_PIECES = 1_000_000;
const MOST_CHARACTERS = 32 * 1024 * 1024;

/** Size of an answer that a model server sends, which may never end it. */
export class AnswerBound {
  readonly #maxTokens: number;
  #pieces = 0;
  #characters = 0;

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  /**
   * Counts a piece. Returns true if the answer is certainly longer than was asked for.
   *
   * @throws {backend-failed} if it is longer than any answer
   */
  isExceededBy(characters: number): boolean {
    if (characters === 0) return false;
    this.#pieces += 1;
    this.#characters += characters;
    if (
      this.#pieces > this.#maxTokens * PIECES_PER_TOKEN + MORE_PIECES ||
      this.#characters > this.#maxTokens * CHARACTERS_PER_TOKEN + MORE_CHARACTERS
    ) {
      return true;
    }
    if (this.#pieces > MOST_PIECES) throw tooLong(`${MOST_PIECES} pieces`);
    if (this.#characters > MOST_CHARACTERS) throw tooLong(`${MOST_CHARACTERS} characters`);
    return false;
  }
}

function tooLong(size: string): RuntimeFailure {
  return new RuntimeFailure(
    'backend-failed',
    `the model server sent an answer of over ${size}, so it was cut off; ask for fewer tokens, and look into its log`,
  );
}
