import { createHash } from 'node:crypto';
import type { ToolResultPart, Turn } from '../core/conversation.ts';

/** How a template wants the ids of calls: any, nine letters and digits (Mistral's), or Kimi's. */
export type CallIds = 'kept' | 'short' | 'indexed';

/** A call of the conversation, as its result refers to it. */
export interface NamedCall {
  readonly name: string;
  /** Its place among the calls of its turn, from 0. */
  readonly index: number;
}

const SHORT = 9;

/** The id of a call for a template; the same one each time, since it is part of the prefix. */
export function templateCallId(id: string, call: NamedCall | undefined, ids: CallIds): string {
  switch (ids) {
    case 'kept':
      return id;
    case 'short':
      return createHash('sha256').update(id).digest('hex').slice(0, SHORT);
    case 'indexed':
      return call === undefined ? id : `functions.${call.name}:${call.index}`;
    default:
      return ids satisfies never;
  }
}

/** All calls of a conversation by their ids. */
export function callsById(turns: readonly Turn[]): ReadonlyMap<string, NamedCall> {
  const named = new Map<string, NamedCall>();
  for (const { parts } of turns) {
    let index = 0;
    for (const part of parts) {
      if (part.kind === 'tool-call') named.set(part.id, { name: part.name, index: index++ });
    }
  }
  return named;
}

/**
 * Results in the order of their calls: templates want them so, and many tell only by the order which
 * result belongs to which call.
 */
export function inCallOrder(
  results: readonly ToolResultPart[],
  named: ReadonlyMap<string, NamedCall>,
): readonly ToolResultPart[] {
  const place = ({ callId }: ToolResultPart): number => named.get(callId)?.index ?? 0;
  return results.toSorted((one, other) => place(one) - place(other));
}
