import type { Capabilities, GenerationRequest } from '../../core/backend.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { GenerationMiddleware } from '../middleware.ts';
import { isCut } from './shared/cuts.ts';

const OPEN = '<think>';
const CLOSE = '</think>';

/** Observed thinking of models behind servers: by name, apart for requests with and without thinking. */
export class ThinkingHabits {
  readonly #unopened = new Map<string, boolean>();

  /** True if the model's last answer closed a thinking that it had not opened; undefined before its first. */
  leavesUnopened(request: GenerationRequest): boolean | undefined {
    return this.#unopened.get(keyOf(request));
  }

  note(request: GenerationRequest, unopened: boolean): void {
    this.#unopened.set(keyOf(request), unopened);
  }
}

function keyOf({ model, thinking }: GenerationRequest): string {
  return `${thinking.mode === 'disabled' ? 'text' : 'thinking'} ${model.name}`;
}

/**
 * Middleware that writes the opening tag before thinking that a server's text only closes: templates that open it in the
 * prompt, such as DeepSeek-R1's, leave it out of the answer. The text has to be held back until its tag
 * comes, so a streamed one is held only if the model is known to think, or did so in its last answer.
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
  const known = habits.leavesUnopened(request);
  const holds = request.whole === true || (known ?? thinks(request, can));
  const scan = new TagScan();
  let held: string[] = [];
  let isDecided = false;
  let hasText = false;
  for await (const event of events) {
    if (isDecided || event.type === 'admitted' || event.type === 'progress') {
      yield event;
      continue;
    }
    if (event.type === 'text-delta') {
      hasText = true;
      const first = scan.push(event.text);
      isDecided = first !== undefined;
      if (isDecided) habits.note(request, first === CLOSE);
      held.push(event.text);
      if (!isDecided && holds) continue;
      if (holds && first === CLOSE) held.unshift(OPEN);
      yield { type: 'text-delta', text: held.join('') };
    } else {
      isDecided = true;
      // Thinking that a limit has cut off has no closing tag.
      const leftOpen = known === true && event.type === 'finish' && isCut(event.reason);
      if (holds && held.length > 0) {
        yield { type: 'text-delta', text: [...(leftOpen ? [OPEN] : []), ...held].join('') };
      }
      if (!leftOpen && (hasText || event.type !== 'tool-call-start')) habits.note(request, false);
      yield event;
    }
    held = [];
  }
}

/** True if an answer probably begins with thinking. */
function thinks({ thinking: { mode } }: GenerationRequest, can: Capabilities): boolean {
  if (can.thinking === 'switchable') return mode !== 'disabled';
  return can.thinking === 'always' || mode === 'enabled';
}

/** Search for the first tag in a text that comes piece by piece. */
class TagScan {
  /** End of the text so far, as long as a tag that is not whole yet. */
  #tail = '';

  /** The first tag, as soon as it is there. */
  push(text: string): typeof OPEN | typeof CLOSE | undefined {
    const rest = this.#tail + text;
    this.#tail = rest.slice(1 - CLOSE.length);
    const [open, close] = [rest.indexOf(OPEN), rest.indexOf(CLOSE)];
    if (open < 0 && close < 0) return undefined;
    return close < 0 || (open >= 0 && open < close) ? OPEN : CLOSE;
  }
}
