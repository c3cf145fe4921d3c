import type { Capabilities, GenerationRequest } from '../core/backend.ts';
import type { Part } from '../core/conversation.ts';
import { completesNothing, noChatTemplate, RuntimeFailure } from '../core/failure.ts';
import type { FailureSubject } from '../core/failure.ts';
import type { ModelSpec } from '../core/model.ts';
import { partsOf } from '../core/parts.ts';
import type { KnownCapabilities } from './known-capabilities.ts';

/** Refuses a model that is known to be unable to chat, so that none is loaded to find that out again. */
export async function checkChats(known: KnownCapabilities, model: ModelSpec): Promise<void> {
  // Its file may have been replaced since.
  const isDoubted = known.get(model)?.chats === false;
  if (isDoubted && (await known.latest(model))?.chats === false) throw cantChat(model);
}

function cantChat({ name, file }: ModelSpec): RuntimeFailure {
  return file === undefined ? completesNothing(name) : noChatTemplate(name);
}

/**
 * What a model can't do of a request without changing its answer is refused by name; the rest that it
 * can't use is returned by name, to be logged. Throws `unsupported`.
 */
export function checkCapabilities(
  request: GenerationRequest,
  capabilities: Capabilities,
): readonly string[] {
  if (capabilities.chats === false) throw cantChat(request.model);
  refuseUnsupported(request, capabilities);
  // Thinking that is left to a model which knows none does not happen; what is demanded is injected.
  const adaptive = request.thinking.mode === 'adaptive';
  return [
    ...(adaptive && capabilities.thinking === 'none' ? ['thinking'] : []),
    ...(capabilities.tools === 'enforced' ? [] : strictTools(request)),
  ];
}

function strictTools({ conversation }: GenerationRequest): readonly string[] {
  const strict = conversation.tools.filter((tool) => tool.strict === true);
  return strict.map(({ name }) => `tools.${name}.strict`);
}

function refuseUnsupported(request: GenerationRequest, can: Capabilities): void {
  const model = request.model.name;
  const has = (test: (part: Part) => boolean): boolean => partsOf(request.conversation).some(test);
  if (!can.documents && has(isBinaryDocument)) {
    throw unsupported(
      'messages',
      `document blocks can't be used with ${model} unless their source is text or content. Send their text.`,
    );
  }
  if (!can.citations && has((part) => 'citations' in part && part.citations)) {
    throw unsupported('messages', `citations can't be given by ${model}. Leave them out.`);
  }
  if (request.outputSchema !== undefined && !can.structuredOutput) {
    throw unsupported(
      'output-schema',
      `${model} can't be held to a JSON schema here. Leave it out, and ask for JSON in the prompt.`,
    );
  }
}

function unsupported(subject: FailureSubject, message: string): RuntimeFailure {
  return new RuntimeFailure('unsupported', message, { subject });
}

function isBinaryDocument(part: Part): boolean {
  return part.kind === 'document' && part.source.kind !== 'text' && part.source.kind !== 'content';
}
