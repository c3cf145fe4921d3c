import type { GenerationRequest } from '../../../core/backend.ts';
import type { ToolSpec } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';

/**
 * Removes tools that no one can run here, or that have no schema: a call of the model would get no result.
 * `unused` names them, and settings of other tools that have no effect. Throws `unsupported` if a call of
 * such a tool is demanded.
 */
export function withoutForeignTools(request: GenerationRequest): {
  readonly request: GenerationRequest;
  readonly unused: readonly string[];
} {
  const { conversation, toolChoice } = request;
  const unused = conversation.tools.flatMap(unusedOf);
  const foreign = conversation.tools.filter(isForeign).map(({ name }) => name);
  if (foreign.length === 0) return { request, unused };
  const tools = conversation.tools.filter((tool) => !isForeign(tool));
  const lacksAll = toolChoice.mode === 'any' && tools.length === 0;
  if (lacksAll || (toolChoice.mode === 'tool' && foreign.includes(toolChoice.name))) {
    throw new RuntimeFailure(
      'unsupported',
      `${foreign.join(', ')} can't be run outside of Anthropic's servers. Let the model choose, or demand another tool.`,
      { subject: 'tool-choice' },
    );
  }
  return { request: { ...request, conversation: { ...conversation, tools } }, unused };
}

function isForeign({ origin, onlyFromCode }: ToolSpec): boolean {
  if (onlyFromCode === true) return true;
  // A toolset is a group of tools whose calls have a special form, which no model here writes.
  if (origin.kind === 'client') return origin.type.includes('_toolset_');
  return origin.kind === 'server' && origin.serverTool === undefined;
}

function unusedOf(tool: ToolSpec): readonly string[] {
  if (isForeign(tool)) return [`tools.${tool.name}`];
  const { name, origin } = tool;
  const ignored = origin.kind === 'server' ? origin.serverTool?.ignored : undefined;
  return (ignored ?? []).map((setting) => `tools.${name}.${setting}`);
}
