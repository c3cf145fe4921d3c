import type { GenerationEvent } from '../../core/events.ts';
import type { TextBuilder } from '../../core/text-builder.ts';
import type { BlockDelta, ContentBlock } from './stream-events.ts';

export interface OpenThinking {
  readonly kind: 'thinking';
  readonly text: TextBuilder;
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
      readonly json: TextBuilder;
      isShown: boolean;
    };

export const EMPTY_TEXT: ContentBlock = { type: 'text', text: '' };
export const EMPTY_THINKING: ContentBlock = { type: 'thinking', thinking: '', signature: '' };

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

/** Returns true if an event belongs to the open call. */
export function concerns(event: GenerationEvent, callId: string): boolean {
  return (
    (event.type === 'tool-call-delta' || event.type === 'tool-call-end') && event.id === callId
  );
}

/** Ids of the calls in one answer. Clients and servers match results to calls by id, so each is unique. */
export class UniqueIds {
  readonly #used = new Set<string>();

  /** The id itself, or with a number if another call has it. */
  of(callId: string): string {
    let id = callId;
    for (let copy = 2; this.#used.has(id); copy += 1) id = `${callId}_${copy}`;
    this.#used.add(id);
    return id;
  }
}
