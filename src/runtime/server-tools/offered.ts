import type { GenerationRequest } from '../../core/backend.ts';
import type { ToolSpec } from '../../core/conversation.ts';
import { RuntimeFailure } from '../../core/errors.ts';

/**
 * The request without the tools that only Anthropic's servers run, and their names: the model could
 * call them, and nobody would answer. Throws `unsupported` where a call of one is demanded.
 */
export function withoutForeignTools(request: GenerationRequest): {
  readonly request: GenerationRequest;
  readonly foreign: readonly string[];
} {
  const { conversation, toolChoice } = request;
  const foreign = conversation.tools.filter(isForeign).map(({ name }) => name);
  if (foreign.length === 0) return { request, foreign };
  const tools = conversation.tools.filter((tool) => !isForeign(tool));
  const lacksAll = toolChoice.mode === 'any' && tools.length === 0;
  if (lacksAll || (toolChoice.mode === 'tool' && foreign.includes(toolChoice.name))) {
    throw new RuntimeFailure(
      'unsupported',
      `tool_choice: ${foreign.join(', ')} can be run by Anthropic's servers only; use tool_choice auto, or a tool of your own`,
    );
  }
  return { request: { ...request, conversation: { ...conversation, tools } }, foreign };
}

function isForeign({ origin }: ToolSpec): boolean {
  return origin.kind === 'server' && origin.served === undefined;
}
