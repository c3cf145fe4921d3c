import type { GenerationRequest } from '../../core/backend.ts';
import { contextLimitExceeded, promptTooLong } from '../../core/failure.ts';

/** The most tokens to generate, and why an answer ends there. */
export interface AnswerLimit {
  readonly tokens: number;
  readonly reason: 'max-tokens' | 'context-exceeded';
}

/**
 * Tokens that may be generated after a prompt of `count` tokens: none if it fills the context. Throws
 * `prompt-too-long`.
 *
 * @param contextSize in tokens
 */
export function answerLimit(
  request: Pick<GenerationRequest, 'maxTokens' | 'overflow'>,
  count: number,
  contextSize: number,
): AnswerLimit {
  if (count > contextSize) throw promptTooLong(count, contextSize);
  const room = contextSize - count;
  if (request.maxTokens <= room) return { tokens: request.maxTokens, reason: 'max-tokens' };
  if (request.overflow === 'strict') {
    throw contextLimitExceeded(count, request.maxTokens, contextSize);
  }
  return { tokens: room, reason: 'context-exceeded' };
}
