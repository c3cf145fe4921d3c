import { randomBytes } from 'node:crypto';
import { RuntimeFailure } from '../../../src/core/failure.ts';
import { isRecord } from '../../../src/core/json.ts';
import { finish } from '../../../src/core/steps.ts';
import { decodeMessages, type AnthropicRequest } from '../../../src/wires/anthropic/decode.ts';
import { createThinkingSeal } from '../../../src/wires/anthropic/signature.ts';

export const seal = createThinkingSeal(randomBytes(32));

/** Valid body with some fields replaced. */
export function bodyWith(fields: object): object {
  return {
    model: 'mini',
    max_tokens: 16,
    messages: [{ role: 'user', content: 'hi' }],
    ...fields,
  };
}

export function decode(fields: object, headers: Record<string, string> = {}): AnthropicRequest {
  return finish(decodeMessages(withOwnMessages(bodyWith(fields)), { headers, seal }));
}

/** Body with a copy of its list of messages, since decoding removes them. */
export function withOwnMessages(body: unknown): unknown {
  if (!isRecord(body)) return body;
  const { messages } = body;
  return Array.isArray(messages) ? { ...body, messages: [...messages] } : body;
}

/** Failure with which the decoder refuses a body. */
export function refusal(act: () => unknown): RuntimeFailure {
  try {
    act();
  } catch (error) {
    if (error instanceof RuntimeFailure) return error;
    throw error;
  }
  throw new Error('the body was accepted');
}
