import { placeDeferredTools } from './deferred.ts';
import { injectInstructions } from './inject.ts';
import type { Injection } from './inject.ts';
import { callableTools } from './render.ts';
import type { PromptRequest } from './render.ts';

/**
 * Request to render: with instructions for the features that the template lacks, and with deferred tools at
 * their places.
 *
 * @param forced the prompt ends in the beginning of a call
 */
export function instructedRequest(
  request: PromptRequest,
  injection: Injection,
  forced: boolean,
): PromptRequest {
  // A forced call starts the answer, so there is no place for thinking before it.
  const thinking = forced ? ({ mode: 'disabled' } as const) : request.thinking;
  const placed = placeDeferredTools(request.conversation);
  const tools = callableTools(placed, request.toolChoice);
  const thinks = thinking.mode === 'enabled';
  return {
    ...request,
    conversation: injectInstructions(placed, injection, tools, thinks),
    thinking,
  };
}
