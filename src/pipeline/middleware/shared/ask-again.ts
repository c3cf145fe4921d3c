import type { GenerationRequest } from '../../../core/backend.ts';
import type { Turn } from '../../../core/conversation.ts';

/** Appends an answer and the user's demand for another one to a request. */
export function askAgain(
  request: GenerationRequest,
  answered: string,
  demand: string,
): GenerationRequest {
  const { conversation } = request;
  const last = conversation.turns.at(-1);
  const prior = last?.role === 'assistant' ? conversation.turns.slice(0, -1) : conversation.turns;
  const begun = last?.role === 'assistant' ? last.parts : [];
  const turns: readonly Turn[] = [
    ...prior,
    { role: 'assistant', parts: [...begun, { kind: 'text', text: answered }] },
    { role: 'user', parts: [{ kind: 'text', text: demand }] },
  ];
  return { ...request, conversation: { ...conversation, turns } };
}
