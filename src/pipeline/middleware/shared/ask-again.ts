import type { GenerationRequest } from '../../../core/backend.ts';
import type { Turn } from '../../../core/conversation.ts';

/** Returns the request with the answer that was made to it, and what the user demands instead. */
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
