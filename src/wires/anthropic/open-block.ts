import type { BlockDelta, ContentBlock } from './stream-events.ts';

export interface OpenThinking {
  readonly kind: 'thinking';
  text: string;
}

/** Block of an answer that has not ended. */
export type OpenBlock =
  | { readonly kind: 'text' }
  | OpenThinking
  // Shown after its first arguments or its end: a call that is cut off earlier is dropped.
  | {
      readonly kind: 'tool';
      readonly callId: string;
      readonly start: ContentBlock;
      json: string;
      isShown: boolean;
    };

export const EMPTY_TEXT: ContentBlock = { type: 'text', text: '' };

/** Empty delta for a block; undefined if the block is not shown yet. */
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
