import type { GenerationRequest } from '../../../core/backend.ts';
import type { GenerationEvent } from '../../../core/events.ts';

/** Passes on blocks of an answer. If only one call is allowed, drops everything after it. */
export type CallLimit = (blocks: readonly GenerationEvent[]) => readonly GenerationEvent[];

/** Creates the limit for the answer to a request. */
export function callLimit({ toolChoice }: GenerationRequest): CallLimit {
  const one = toolChoice.mode !== 'none' && !toolChoice.parallel;
  let reached = false;
  return (blocks) => {
    if (reached) return [];
    const end = one ? blocks.findIndex(({ type }) => type === 'tool-call-end') : -1;
    reached = end >= 0;
    return reached ? blocks.slice(0, end + 1) : blocks;
  };
}
