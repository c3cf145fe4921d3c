import type { Capabilities, GenerationRequest } from '../core/backend.ts';
import { completesNothing, noChatTemplate, RuntimeFailure } from '../core/failure.ts';
import type { FailureSubject } from '../core/failure.ts';
import type { ModelSpec } from '../core/model.ts';
import { hasPart, isCitedSource } from '../core/parts.ts';
import type { KnownCapabilities } from './known-capabilities.ts';

/** Refuses a model that is known to be unable to chat, so that it is not loaded only to fail. */
export async function checkChats(known: KnownCapabilities, model: ModelSpec): Promise<void> {
  // Look again: its file may have been replaced.
  const isDoubted = known.get(model)?.chats === false;
  const can = isDoubted ? await known.latest(model) : undefined;
  if (can?.chats === false) throw cantChat(model, can);
}

function cantChat({ name, file }: ModelSpec, { problem }: Capabilities): RuntimeFailure {
  if (problem !== undefined) return new RuntimeFailure('unsupported', `${name}: ${problem}`);
  return file === undefined ? completesNothing(name) : noChatTemplate(name);
}

/**
 * Compares a request with the capabilities of its model. Throws `unsupported` for a missing capability that
 * would change the answer. Returns the names of other unusable parts, to be logged.
 */
export function checkCapabilities(
  request: GenerationRequest,
  capabilities: Capabilities,
): readonly string[] {
  if (capabilities.chats === false) throw cantChat(request.model, capabilities);
  refuseUnsupported(request, capabilities);
  // A model without thinking ignores adaptive thinking. Demanded thinking is injected.
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
  if (!can.citations && hasPart(request.conversation, isCitedSource)) {
    throw unsupported('messages', `${model} can't write citations. Leave them out.`);
  }
  if (request.outputSchema !== undefined && !can.structuredOutput) {
    throw unsupported(
      'output-schema',
      `${model} can't follow a JSON schema here. Leave it out, and ask for JSON in the prompt.`,
    );
  }
}

function unsupported(subject: FailureSubject, message: string): RuntimeFailure {
  return new RuntimeFailure('unsupported', message, { subject });
}
