import { randomBytes } from 'node:crypto';
import type { Turn } from '../core/conversation.ts';
import { renderPrompt } from './render.ts';
import type { ChatTemplate, Prompt, PromptRequest } from './render.ts';
import { anyEnd, cutAfter, markEnd } from './turn-closing.ts';
import type { TurnClosings } from './turn-closing.ts';

/** End of an assistant turn in a template. */
export interface TurnEnding {
  readonly closings: TurnClosings;
  /** Texts of the tokens that end a turn. */
  readonly ends: ReadonlySet<string>;
}

/**
 * Renders the rest of a prompt after an answer that this model generated, starting at the token that ends
 * its turn. The earlier part needs no rendering, since its tokens are known. Returns undefined if the end
 * of the answer can't be found in the rendered prompt.
 *
 * @param answer index of the answer's turn; at least one turn follows it
 */
export function renderContinuation(
  template: ChatTemplate,
  { closings, ends }: TurnEnding,
  request: PromptRequest,
  answer: number,
): Prompt | undefined {
  const { turns } = request.conversation;
  const later = turns.slice(answer + 1);
  if (closings.repeats && !later.every(isResult)) return undefined;
  // Random, so that no other text in the prompt can be mistaken for it.
  const mark = randomBytes(12).toString('hex');
  const turn = turns[answer];
  const marked = turn && markEnd(turn, mark);
  if (marked === undefined) return undefined;
  const calls = marked.parts.at(-1)?.kind === 'tool-call';
  // Results between the calls of the answer are not in its tokens.
  const isApart = template.traits.calls?.results === 'interleaved';
  if (isApart && marked.parts.filter(({ kind }) => kind === 'tool-call').length > 1)
    return undefined;
  const conversation = {
    ...request.conversation,
    turns: [...turns.slice(0, answer), marked, ...later],
  };
  const prompt = renderPrompt(template, { ...request, conversation });
  const end = cutAfter(prompt.stretches, mark, calls ? (text) => ends.has(text) : anyEnd);
  const expected = calls ? closings.call : closings.text;
  return end !== undefined && end.closing === expected
    ? { ...prompt, stretches: end.rest }
    : undefined;
}

/** Returns true for an assistant turn and for a turn that consists of tool results only. */
function isResult({ role, parts }: Turn): boolean {
  return role === 'assistant' || parts.every(({ kind }) => kind === 'tool-result');
}
