import type { GenerationEvent } from '../core/events.ts';

/** Joins adjacent deltas of the same block, since the parser may emit a piece per character. */
export function mergeDeltas(events: readonly GenerationEvent[]): readonly GenerationEvent[] {
  const merged: GenerationEvent[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    const joined = last && join(last, event);
    if (joined === undefined) merged.push(event);
    else merged[merged.length - 1] = joined;
  }
  return merged;
}

function join(one: GenerationEvent, other: GenerationEvent): GenerationEvent | undefined {
  if (one.type === 'text-delta' && other.type === 'text-delta') {
    return { type: 'text-delta', text: one.text + other.text };
  }
  if (one.type === 'thinking-delta' && other.type === 'thinking-delta') {
    return { type: 'thinking-delta', text: one.text + other.text };
  }
  if (one.type === 'tool-call-delta' && other.type === 'tool-call-delta' && one.id === other.id) {
    return { type: 'tool-call-delta', id: one.id, json: one.json + other.json };
  }
  return undefined;
}
