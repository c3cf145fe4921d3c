import type { ClearToolUses } from '../../../core/context-edits.ts';
import type { Conversation, Part, ServerToolResultPart } from '../../../core/conversation.ts';
import type { Cleared } from './clear-thinking.ts';

/** Tool use whose result the model has read. */
export interface ToolUse {
  readonly id: string;
  readonly name: string;
}

const REMOVED = '[This result was removed to save space. Call the tool again if it is needed.]';

/** Tool uses with a result before the last turn of the user, oldest first. Those after it are still to be read. */
export function readToolUses({ turns }: Conversation): readonly ToolUse[] {
  const last = turns.findLastIndex(({ role }) => role === 'user');
  const read = turns.slice(0, Math.max(0, last)).flatMap(({ parts }) => parts);
  const answered = new Set(read.flatMap((part) => resultId(part) ?? []));
  return read.flatMap((part) => {
    const isUse = part.kind === 'tool-call' || part.kind === 'server-tool-call';
    return isUse && answered.has(part.id) ? [{ id: part.id, name: part.name }] : [];
  });
}

function resultId(part: Part): string | undefined {
  const isResult = part.kind === 'tool-result' || part.kind === 'server-tool-result';
  return isResult ? part.callId : undefined;
}

/** Removes the results of tool uses, and the arguments where the edit demands it. */
export function clearToolUses(
  conversation: Conversation,
  uses: readonly ToolUse[],
  { inputs }: ClearToolUses,
): Cleared {
  const ids = new Set(uses.map(({ id }) => id));
  const named = new Set(inputs === 'all' ? [] : inputs);
  const clearsInput = (name: string): boolean => inputs === 'all' || named.has(name);
  const clear = (part: Part): Part => {
    switch (part.kind) {
      case 'tool-call':
      case 'server-tool-call':
        return ids.has(part.id) && clearsInput(part.name) ? { ...part, input: {} } : part;
      case 'tool-result':
        return ids.has(part.callId) ? { ...part, output: [{ kind: 'text', text: REMOVED }] } : part;
      case 'server-tool-result':
        return ids.has(part.callId) ? withoutContent(part) : part;
      default:
        return part;
    }
  };
  const turns = conversation.turns.map((turn) => ({ ...turn, parts: turn.parts.map(clear) }));
  return { conversation: { ...conversation, turns }, count: uses.length };
}

/** The result without its outcome, which would be written instead of the content. */
function withoutContent({ callId, blockType }: ServerToolResultPart): ServerToolResultPart {
  return { kind: 'server-tool-result', callId, blockType, content: REMOVED };
}
