import { randomBytes } from 'node:crypto';
import type { PromptStretch } from '../../../prompt/control-tokens.ts';
import type { Conversation, ImagePart, Part } from '../../../core/conversation.ts';

/** Marker for each picture in a prompt, in the order of the pictures (llama.cpp's tools/mtmd/mtmd.h). */
export const MARKER = '<__media__>';

/** Zero-width character that keeps content from being read as a control token or as the marker. */
const SEPARATOR = '\u200B';

/** Conversation with unguessable words as placeholders of its pictures, and the pictures. */
export interface MarkedConversation {
  readonly conversation: Conversation;
  readonly images: readonly ImagePart[];
  readonly nonce: string;
}

/** Replaces each picture by a placeholder, in tool results too. */
export function markImages(conversation: Conversation): MarkedConversation {
  const nonce = randomBytes(12).toString('hex');
  const images: ImagePart[] = [];
  const mark = (part: Part): Part => {
    if (part.kind === 'tool-result') return { ...part, output: part.output.map(mark) };
    if (part.kind !== 'image') return part;
    images.push(part);
    return { kind: 'text', text: `picture${nonce}n${images.length - 1}e` };
  };
  const turns = conversation.turns.map((turn) => ({ ...turn, parts: turn.parts.map(mark) }));
  return { conversation: { ...conversation, turns }, images, nonce };
}

/** Prompt as one text, with a marker for each of its pictures. */
export interface MarkedPrompt {
  readonly text: string;
  /** Pictures in the order of their markers. */
  readonly images: readonly ImagePart[];
}

/**
 * Converts a rendered prompt to the form of the addon.
 *
 * @param lead text of a token that the addon itself adds before every prompt
 */
export function joinPrompt(
  stretches: readonly PromptStretch[],
  { images, nonce }: Pick<MarkedConversation, 'images' | 'nonce'>,
  lead = '',
): MarkedPrompt {
  const joined = stretches
    .map(({ text, control }, index) => {
      const isCut = !control && stretches[index - 1]?.control === false;
      return isCut ? `${SEPARATOR}${text}` : text;
    })
    .join('');
  const shown: ImagePart[] = [];
  const text = joined.replaceAll(new RegExp(`picture${nonce}n(\\d+)e`, 'gi'), (_word, index) => {
    const image = images[Number(index)];
    if (image === undefined) return '';
    shown.push(image);
    return MARKER;
  });
  return {
    text: lead !== '' && text.startsWith(lead) ? text.slice(lead.length) : text,
    images: shown,
  };
}
