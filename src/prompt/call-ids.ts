import { createHash } from 'node:crypto';
import type { ToolResultPart, Turn } from '../core/conversation.ts';

/** Form of call ids that a template accepts: any id, nine letters and digits (Mistral), or Kimi's form. */
export type CallIds = 'kept' | 'short' | 'indexed';

/** Name and index of a call, looked up by the id in its result. */
export interface NamedCall {
  readonly name: string;
  /** Position among the calls of its turn, from 0. */
  readonly index: number;
}

const SHORT = 9;

/** Id of a call in the form that a template accepts. It is stable, since it is part of the prompt prefix. */
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

/** Calls of a conversation, by id. */
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

/** Results in the order of their calls. Many templates match results to calls by order alone. */
export function inCallOrder(
  results: readonly ToolResultPart[],
  named: ReadonlyMap<string, NamedCall>,
): readonly ToolResultPart[] {
  const place = ({ callId }: ToolResultPart): number => named.get(callId)?.index ?? 0;
  return results.toSorted((one, other) => place(one) - place(other));
}
