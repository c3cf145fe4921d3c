import type {
  Conversation,
  DocumentPart,
  ImagePart,
  Part,
  SearchResultPart,
} from './conversation.ts';
import type { FailureSubject, ItemSubject } from './failure.ts';

/**
 * True if a part of a conversation, or one inside of it, passes a test. Makes no list: a conversation may have
 * 100,000 parts, and each request is searched several times.
 */
export function hasPart({ turns }: Conversation, test: (part: Part) => boolean): boolean {
  return turns.some(({ parts }) => hasPartAmong(parts, test));
}

function hasPartAmong(parts: readonly Part[], test: (part: Part) => boolean): boolean {
  for (const part of parts) {
    if (test(part) || hasPartAmong(innerParts(part), test)) return true;
  }
  return false;
}

const NO_PARTS: readonly Part[] = [];

function innerParts(part: Part): readonly Part[] {
  if (part.kind === 'tool-result') return part.output;
  return part.kind === 'document' && part.source.kind === 'content' ? part.source.parts : NO_PARTS;
}

/** Returns true for a document or a search result that answers have to cite. */
export function isCitedSource(part: Part): part is DocumentPart | SearchResultPart {
  return (part.kind === 'document' || part.kind === 'search-result') && part.citations;
}

/** Number of turns and tools of a conversation, which determines the time of most work on it. */
export function countItems({ turns, tools }: Conversation): number {
  return turns.length + tools.length;
}

/** Images of a conversation, including those in tool results and documents. */
export function imagesOf(conversation: Conversation): readonly ImagePart[] {
  const images: ImagePart[] = [];
  hasPart(conversation, (part) => {
    if (part.kind === 'image') images.push(part);
    return false;
  });
  return images;
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
