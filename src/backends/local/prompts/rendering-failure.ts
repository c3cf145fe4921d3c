import { messageOf, RuntimeFailure } from '../../../core/failure.ts';

/** What a conversation that could not be rendered comes to: the template's own words, where it refuses. */
export function renderingFailure(error: unknown, model: string): RuntimeFailure {
  if (error instanceof RuntimeFailure) return error;
  return new RuntimeFailure(
    'invalid-request',
    `the chat template of ${model} refuses this conversation: ${messageOf(error)}`,
    { cause: error, subject: 'messages' },
  );
}
