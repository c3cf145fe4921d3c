import type { Conversation, ImagePart, Part } from './conversation.ts';
import type { FailureSubject, ItemSubject } from './failure.ts';

/** All parts of a conversation in their order, each before the parts inside of it. */
export function partsOf({ turns }: Conversation): readonly Part[] {
  return turns.flatMap(({ parts }) => parts.flatMap(withInnerParts));
}

function withInnerParts(part: Part): readonly Part[] {
  return [part, ...innerParts(part).flatMap(withInnerParts)];
}

const NO_PARTS: readonly Part[] = [];

function innerParts(part: Part): readonly Part[] {
  if (part.kind === 'tool-result') return part.output;
  return part.kind === 'document' && part.source.kind === 'content' ? part.source.parts : NO_PARTS;
}

/** Images of a conversation, including those in tool results and documents. */
export function imagesOf(conversation: Conversation): readonly ImagePart[] {
  return partsOf(conversation).filter((part) => part.kind === 'image');
}

/**
 * Subject of a failure that an image causes.
 *
 * @param source kind of the image's source, if the failure is about that
 */
export function imageSubject({ at }: ImagePart, source?: ItemSubject['source']): FailureSubject {
  if (at === undefined) return 'messages';
  return source === undefined ? { at } : { at, source };
}
