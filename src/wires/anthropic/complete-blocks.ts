import type { GenerationEvent } from '../../core/events.ts';
import { encodeCitation } from './citations.ts';
import type { BlockDelta, ContentBlock } from './stream-events.ts';

/** Block whose whole content is known when it begins. */
export interface CompleteBlock {
  readonly start: ContentBlock;
  readonly deltas: readonly BlockDelta[];
}

type EventOf<Type extends GenerationEvent['type']> = Extract<GenerationEvent, { type: Type }>;

/** Text block of a passage, with its citations. */
export function citedBlock({ text, citations }: EventOf<'cited-text'>): CompleteBlock {
  return {
    start: { type: 'text', text: '', citations: [] },
    deltas: [
      { type: 'text_delta', text },
      ...citations.map((each) => {
        return { type: 'citations_delta', citation: encodeCitation(each) } as const;
      }),
    ],
  };
}

/** Block of a summary, completely in one delta, as the API sends it. */
export function compactionBlock({ text }: EventOf<'compaction'>): CompleteBlock {
  return {
    start: { type: 'compaction', content: null, encrypted_content: null },
    deltas: [{ type: 'compaction_delta', content: text ?? null, encrypted_content: null }],
  };
}
