import type { BlockDelta, ContentBlock } from './stream-events.ts';

export interface OpenThinking {
  readonly kind: 'thinking';
  text: string;
}

/** A block of an answer that more may be said in. */
export type OpenBlock =
  | { readonly kind: 'text' }
  | OpenThinking
  // Shown once it has arguments or an end: a call that is cut off before both never was one.
  | {
      readonly kind: 'tool';
      readonly callId: string;
      readonly start: ContentBlock;
      json: string;
      isShown: boolean;
    };

export const EMPTY_TEXT: ContentBlock = { type: 'text', text: '' };

/** A delta that says nothing in a block; undefined where the block is not shown yet. */
export function emptyDelta(block: OpenBlock): BlockDelta | undefined {
  switch (block.kind) {
    case 'text':
      return { type: 'text_delta', text: '' };
    case 'thinking':
      return { type: 'thinking_delta', thinking: '' };
    case 'tool':
      return block.isShown ? { type: 'input_json_delta', partial_json: '' } : undefined;
    default:
      return block satisfies never;
  }
}
