import type { GenerationRequest } from '../../../core/backend.ts';
import type { Part, Turn } from '../../../core/conversation.ts';

/** Appends an answer, if it is not empty, and the user's demand for another one to a request. */
export function askAgain(
  request: GenerationRequest,
  answered: string,
  demand: string,
): GenerationRequest {
  const { conversation } = request;
  const last = conversation.turns.at(-1);
  const asked: Part = { kind: 'text', text: demand };
  if (answered.trim() === '' && last?.role === 'user') {
    const turns = [...conversation.turns.slice(0, -1), { ...last, parts: [...last.parts, asked] }];
    return { ...request, conversation: { ...conversation, turns } };
  }
  const prior = last?.role === 'assistant' ? conversation.turns.slice(0, -1) : conversation.turns;
  const begun = last?.role === 'assistant' ? last.parts : [];
  const turns: readonly Turn[] = [
    ...prior,
    { role: 'assistant', parts: [...begun, { kind: 'text', text: answered }] },
    { role: 'user', parts: [asked] },
  ];
  return { ...request, conversation: { ...conversation, turns } };
}
