import type { Capabilities, GenerationRequest } from '../../core/backend.ts';
import type { GenerationEvent } from '../../core/events.ts';
import { MarkdownCode } from '../../output/markdown-code.ts';
import type { GenerationMiddleware } from '../middleware.ts';
import { isCut } from './shared/cuts.ts';

const OPEN = '<think>';
const CLOSE = '</think>';

/** Number of consecutive answers without unopened thinking after which it is no longer expected. */
const MOST_PLAIN = 3;

/** Longest white space after a closing tag for which the text is buffered until the end of its line. */
const MOST_BLANKS = 64;

/**
 * Thinking of an answer: `unopened` is closed and not opened in the text, `separate` is in the server's own
 * field, `plain` is neither. Thinking in complete tags is `plain` too.
 */
type Observed = 'unopened' | 'separate' | 'plain';

/** Observed thinking of models on servers, by name, separately for requests with and without thinking. */
export class ThinkingHabits {
  readonly #unopened = new Set<string>();
  readonly #separate = new Set<string>();
  /** Answers without unopened thinking since the last one with it. */
  readonly #plain = new Map<string, number>();

  /** Returns true if the model has written unopened thinking. */
  leavesUnopened(request: GenerationRequest): boolean {
    return this.#unopened.has(keyOf(request));
  }

  /** Returns true if the server has sent thinking separately. */
  isSeparate(request: GenerationRequest): boolean {
    return this.#separate.has(keyOf(request));
  }

  /** Returns true if several consecutive answers had no unopened thinking. */
  isPlain(request: GenerationRequest): boolean {
    return (this.#plain.get(keyOf(request)) ?? 0) >= MOST_PLAIN;
  }

  note(request: GenerationRequest, observed: Observed): void {
    const key = keyOf(request);
    if (observed === 'unopened') {
      this.#unopened.add(key);
      this.#separate.delete(key);
      this.#plain.delete(key);
      return;
    }
    if (observed === 'separate') this.#separate.add(key);
    this.#plain.set(key, (this.#plain.get(key) ?? 0) + 1);
    if (this.isPlain(request)) this.#unopened.delete(key);
  }
}

function keyOf({ model, thinking }: GenerationRequest): string {
  return `${thinking.mode === 'disabled' ? 'text' : 'thinking'} ${model.name}`;
}

/**
 * Middleware that adds the opening tag before thinking that a server's text only closes. Templates that
 * open it in the prompt, such as the one of DeepSeek-R1, leave the tag out of the answer. The text has to be
 * buffered until the closing tag. A streamed text is buffered only if the model is declared to think, or
 * has done so.
 *
 * @see https://docs.vllm.ai/en/latest/features/reasoning_outputs/ for servers that separate it themselves
 */
export function unopenedThinking(habits = new ThinkingHabits()): GenerationMiddleware {
  return (next) => (request, context) => {
    const events = next(request, context);
    return context.backend.mayLeak === true
      ? openThinking(events, request, context.capabilities, habits)
      : events;
  };
}

async function* openThinking(
  events: AsyncGenerator<GenerationEvent>,
  request: GenerationRequest,
  can: Capabilities,
  habits: ThinkingHabits,
): AsyncGenerator<GenerationEvent> {
  if (request.conversation.turns.at(-1)?.role === 'assistant') {
    yield* events;
    return;
  }
  const expected = expectationOf(request, can, habits);
  const holds = request.whole === true || expected.isHeld;
  const scan = new TagScan(expected.isLikely);
  let held: string[] = [];
  let isDecided = false;
  for await (const event of events) {
    if (isDecided || event.type === 'admitted' || event.type === 'progress') {
      yield event;
      continue;
    }
    const isText = event.type === 'text-delta';
    if (isText) held.push(event.text);
    const verdict = isText ? scan.push(event.text) : scan.end();
    isDecided = !isText || verdict !== undefined;
    if (!isDecided && holds) continue;
    const isCutOff = event.type === 'finish' && isCut(event.reason);
    // Thinking that was cut off by a limit has no closing tag.
    const isLeftOpen = isCutOff && verdict === undefined && expected.isCertain;
    if (holds && held.length > 0) {
      const isUnopened = verdict === CLOSE || isLeftOpen;
      yield { type: 'text-delta', text: [...(isUnopened ? [OPEN] : []), ...held].join('') };
    } else if (isText) yield event;
    held = [];
    if (!isText) yield event;
    if (verdict !== undefined) habits.note(request, verdict === CLOSE ? 'unopened' : 'plain');
    else if (event.type === 'thinking-delta') habits.note(request, 'separate');
    else if (isDecided && !isCutOff && scan.hasText) habits.note(request, 'plain');
  }
}

interface Expectation {
  /** A closing tag probably ends thinking, at any place. */
  readonly isLikely: boolean;
  /** A text without tags is thinking if it was cut off. */
  readonly isCertain: boolean;
  /** A streamed text is buffered until its closing tag. */
  readonly isHeld: boolean;
}

function expectationOf(
  request: GenerationRequest,
  can: Capabilities,
  habits: ThinkingHabits,
): Expectation {
  const isSeen = habits.leavesUnopened(request);
  const isDeclared = can.thinking === 'always' && !habits.isSeparate(request);
  const isLikely = isSeen || thinks(request, can);
  const isCertain = isSeen || isDeclared;
  return { isLikely, isCertain, isHeld: isDeclared || (isLikely && !habits.isPlain(request)) };
}

/** Returns true if an answer probably begins with thinking. */
function thinks({ thinking: { mode } }: GenerationRequest, can: Capabilities): boolean {
  if (can.thinking === 'switchable') return mode !== 'disabled';
  return can.thinking === 'always' || mode === 'enabled';
}

/** First tag of a text; `text` if it is only mentioned there. */
type Verdict = typeof OPEN | typeof CLOSE | 'text';

/** Search for the first tag in a text that arrives in pieces. */
class TagScan {
  readonly #isLikely: boolean;
  readonly #pieces: string[] = [];
  /** End of the text so far: an incomplete tag, or a closing one whose line continues. */
  #tail = '';

  /** @param isLikely a closing tag counts at any place, not only at an end of a line */
  constructor(isLikely: boolean) {
    this.#isLikely = isLikely;
  }

  /** True if there was any text. */
  get hasText(): boolean {
    return this.#pieces.length > 0;
  }

  /** Adds a piece. Returns the first tag as soon as it is decided. */
  push(text: string): Verdict | undefined {
    this.#pieces.push(text);
    const rest = this.#tail + text;
    const [open, close] = [rest.indexOf(OPEN), rest.indexOf(CLOSE)];
    if (open >= 0 && (close < 0 || open < close)) return OPEN;
    this.#tail = close < 0 ? rest.slice(1 - CLOSE.length) : rest.slice(close);
    if (close < 0) return undefined;
    const isOpenEnded =
      this.#tail.length <= CLOSE.length + MOST_BLANKS &&
      this.#tail.slice(CLOSE.length).trim() === '' &&
      !this.#tail.includes('\n');
    return isOpenEnded && !this.#isLikely ? undefined : this.#closing();
  }

  /** Returns the first tag at the end of the text. */
  end(): Verdict | undefined {
    return this.#tail.startsWith(CLOSE) ? this.#closing() : undefined;
  }

  #closing(): Verdict {
    if (this.#isLikely) return CLOSE;
    const text = this.#pieces.join('');
    const before = text.slice(0, text.length - this.#tail.length);
    const isAtEnd = /^[ \t\r]*(?:\n|$)/.test(this.#tail.slice(CLOSE.length));
    const isAtStart = /\n[ \t]*$/.test(before);
    const code = new MarkdownCode();
    code.push(before);
    return (isAtEnd || isAtStart) && code.open === undefined ? CLOSE : 'text';
  }
}
