import { placeDeferredTools } from './deferred.ts';
import { injectInstructions } from './inject.ts';
import type { Injection } from './inject.ts';
import { callableTools } from './render.ts';
import type { PromptRequest } from './render.ts';

/**
 * The request as it is rendered: with instructions for what the template does not know, and tools where
 * they belong.
 *
 * @param forced the prompt ends in the beginning of a call
 */
export function instructedRequest(
  request: PromptRequest,
  injection: Injection,
  forced: boolean,
): PromptRequest {
  // A call that is demanded comes at once, and thinking would come before it.
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
