import type { Turn } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { ThinkingConfig } from '../schema/request.ts';

/**
 * Refuses beginnings of an answer that the real API does not continue, but a local model can.
 *
 * @throws {invalid-request} for trailing white space, and for a beginning with thinking on
 */
export function refuseStrictly(
  turns: readonly Turn[],
  thinking: ThinkingConfig | null | undefined,
): void {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return;
  const end = last.parts.at(-1);
  if (end?.kind === 'text' && end.text !== end.text.trimEnd()) {
    throw new RuntimeFailure(
      'invalid-request',
      'messages: final assistant content cannot end with trailing whitespace',
    );
  }
  const thinks = thinking?.type === 'enabled' || thinking?.type === 'adaptive';
  if (thinks && last.parts[0]?.kind !== 'thinking') {
    throw new RuntimeFailure(
      'invalid-request',
      'messages: with thinking, a final assistant message has to begin with its thinking; turn thinking off to continue a text',
    );
  }
}
