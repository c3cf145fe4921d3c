import { randomBytes } from 'node:crypto';
import { RuntimeFailure } from '../../../src/core/failure.ts';
import { isRecord } from '../../../src/core/json.ts';
import { finish } from '../../../src/core/steps.ts';
import { decodeMessages, type DecodedRequest } from '../../../src/wires/anthropic/decode.ts';
import { createThinkingSeal } from '../../../src/wires/anthropic/signature.ts';

export const seal = createThinkingSeal(randomBytes(32));

/** A valid body, with what a test is about laid over it. */
export function bodyWith(fields: object): object {
  return {
    model: 'mini',
    max_tokens: 16,
    messages: [{ role: 'user', content: 'hi' }],
    ...fields,
  };
}

export function decode(fields: object, headers: Record<string, string> = {}): DecodedRequest {
  return finish(decodeMessages(withOwnMessages(bodyWith(fields)), { headers, seal }));
}

/** The same body with a list of messages of its own: decoding takes them out. */
export function withOwnMessages(body: unknown): unknown {
  if (!isRecord(body)) return body;
  const { messages } = body;
  return Array.isArray(messages) ? { ...body, messages: [...messages] } : body;
}

/** What the decoder says to a body that it refuses. */
export function refusal(act: () => unknown): RuntimeFailure {
  try {
    act();
  } catch (error) {
    if (error instanceof RuntimeFailure) return error;
    throw error;
  }
  throw new Error('the body was accepted');
}
