import { randomBytes } from 'node:crypto';
import type { Turn } from '../core/conversation.ts';
import { renderPrompt } from './render.ts';
import type { ChatTemplate, Prompt, PromptRequest } from './render.ts';
import { anyEnd, cutBehind, markEnd } from './turn-closing.ts';
import type { Seams } from './turn-closing.ts';

/** What is known of a model's turns. */
export interface TurnEnding {
  readonly seams: Seams;
  /** The texts of the tokens that end a turn. */
  readonly ends: ReadonlySet<string>;
}

/**
 * The prompt behind an answer of the model's own, from the token that ends its turn on: what comes
 * before needs no rendering, since its tokens are known. Undefined where the template does not tell.
 *
 * @param answer the index of the answer's turn, with another turn behind it
 */
export function renderContinuation(
  template: ChatTemplate,
  { seams, ends }: TurnEnding,
  request: PromptRequest,
  answer: number,
): Prompt | undefined {
  const { turns } = request.conversation;
  const later = turns.slice(answer + 1);
  if (seams.repeats && !later.every(isResult)) return undefined;
  // Nobody can guess it, so nobody else's text can be taken for it.
  const mark = randomBytes(12).toString('hex');
  const turn = turns[answer];
  const marked = turn && markEnd(turn, mark);
  if (marked === undefined) return undefined;
  const calls = marked.parts.at(-1)?.kind === 'tool-call';
  const conversation = {
    ...request.conversation,
    turns: [...turns.slice(0, answer), marked, ...later],
  };
  const prompt = renderPrompt(template, { ...request, conversation });
  const end = cutBehind(prompt.stretches, mark, calls ? (text) => ends.has(text) : anyEnd);
  const expected = calls ? seams.call : seams.text;
  return end !== undefined && end.closing === expected
    ? { ...prompt, stretches: end.rest }
    : undefined;
}

/** A user's turn that says nothing beside results. */
function isResult({ role, parts }: Turn): boolean {
  return role === 'assistant' || parts.every(({ kind }) => kind === 'tool-result');
}
