import type { GenerationRequest } from '../core/backend.ts';
import { contextLimitExceeded, promptTooLong } from '../core/errors.ts';
import { usableTokens } from './context-size.ts';

/** The most tokens to generate, and why an answer ends there. */
export interface AnswerLimit {
  readonly tokens: number;
  readonly reason: 'max-tokens' | 'context-exceeded';
}

/**
 * How much may be generated behind a prompt of `count` tokens. Throws `prompt-too-long`.
 *
 * @param contextSize in tokens
 */
export function answerLimit(
  request: Pick<GenerationRequest, 'maxTokens' | 'overflow'>,
  count: number,
  contextSize: number,
): AnswerLimit {
  const context = usableTokens(contextSize);
  if (count >= context) throw promptTooLong(count, context - 1);
  const room = context - count;
  if (request.maxTokens <= room) return { tokens: request.maxTokens, reason: 'max-tokens' };
  if (request.overflow === 'strict') {
    throw contextLimitExceeded(count, request.maxTokens, context);
  }
  return { tokens: room, reason: 'context-exceeded' };
}
