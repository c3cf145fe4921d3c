import type { Capabilities, GenerationRequest } from '../core/backend.ts';
import type { Part } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/errors.ts';

/**
 * What a model can't do of a request without changing its answer is refused by name; the rest that it
 * can't use is returned by name, to be logged. Throws `unsupported`.
 */
export function checkCapabilities(
  request: GenerationRequest,
  capabilities: Capabilities,
): readonly string[] {
  const reason = refusal(request, capabilities);
  if (reason !== undefined) throw new RuntimeFailure('unsupported', reason);
  const thinks = request.thinking.mode !== 'disabled';
  return thinks && capabilities.thinking === 'none' ? ['thinking'] : [];
}

function refusal(request: GenerationRequest, can: Capabilities): string | undefined {
  const model = request.model.name;
  const has = (test: (part: Part) => boolean): boolean =>
    request.conversation.turns.some(({ parts }) => hasPart(parts, test));
  if (!can.images && has(({ kind }) => kind === 'image')) {
    return `messages: image blocks can't be used: the model ${model} can't see. Leave them out, or choose a model that can.`;
  }
  if (!can.documents && has(isBinaryDocument)) {
    return `messages: document blocks can't be used with ${model} unless their source is text or content. Send their text.`;
  }
  if (!can.citations && has((part) => 'citations' in part && part.citations)) {
    return `messages: citations can't be given by ${model}. Leave \`citations\` out, or disable them.`;
  }
  return toolRefusal(request, can) ?? formatRefusal(request, can);
}

function toolRefusal(request: GenerationRequest, can: Capabilities): string | undefined {
  const { conversation, toolChoice, model } = request;
  if (conversation.tools.length === 0 || toolChoice.mode === 'none') return undefined;
  if (can.tools === 'none') {
    return `tools: ${model.name} can't call tools here. Leave them out, or set tool_choice to none.`;
  }
  const forced = toolChoice.mode === 'any' || toolChoice.mode === 'tool';
  return forced && can.tools !== 'enforced'
    ? `tool_choice: ${toolChoice.mode} can't be enforced with ${model.name}. Use auto or none.`
    : undefined;
}

function formatRefusal(request: GenerationRequest, can: Capabilities): string | undefined {
  return request.outputSchema !== undefined && !can.structuredOutput
    ? `output_config.format: ${request.model.name} can't be held to a JSON schema here. Leave it out, and ask for JSON in the prompt.`
    : undefined;
}

/** Whether there is such a part among these, or inside of tool results and documents. */
function hasPart(parts: readonly Part[], test: (part: Part) => boolean): boolean {
  return parts.some((part) => test(part) || hasPart(innerParts(part), test));
}

const NO_PARTS: readonly Part[] = [];

function innerParts(part: Part): readonly Part[] {
  if (part.kind === 'tool-result') return part.output;
  return part.kind === 'document' && part.source.kind === 'content' ? part.source.parts : NO_PARTS;
}

function isBinaryDocument(part: Part): boolean {
  return part.kind === 'document' && part.source.kind !== 'text' && part.source.kind !== 'content';
}
