import type { AppliedEdit, ClearToolUses, ContextEdit } from '../../../core/context-edits.ts';
import type { Conversation } from '../../../core/conversation.ts';
import { clearThinking } from './clear-thinking.ts';
import type { Cleared } from './clear-thinking.ts';
import { clearToolUses, readToolUses } from './clear-tool-uses.ts';
import type { StablePoints } from './stable-points.ts';

/** Conversation after its removals. */
export interface ClearedConversation {
  readonly conversation: Conversation;
  readonly applied: readonly AppliedEdit[];
  /** Tokens of the prompt before the removals; absent if nothing depended on them. */
  readonly originalTokens?: number;
}

export interface ClearOptions {
  readonly edits: readonly ContextEdit[];
  /** Counts the tokens of a prompt with this conversation. */
  readonly count: (conversation: Conversation) => Promise<number>;
  readonly points: StablePoints;
}

/** Makes the removals that a client asks for, in their order, and measures what each of them gains. */
export async function clear(
  original: Conversation,
  { edits, count, points }: ClearOptions,
): Promise<ClearedConversation> {
  let conversation = original;
  let tokens: number | undefined;
  let originalTokens: number | undefined;
  const applied: AppliedEdit[] = [];
  for (const edit of edits) {
    if (edit.kind === 'compact') continue;
    const tokensBefore = async (): Promise<number> => {
      tokens ??= await count(conversation);
      originalTokens ??= tokens;
      return tokens;
    };
    const cleared =
      edit.kind === 'clear-thinking'
        ? clearThinking(conversation, edit)
        : await withoutToolUses(conversation, edit, { tokensBefore, count, points });
    if (cleared === undefined || cleared.count === 0) continue;
    const before = await tokensBefore();
    conversation = cleared.conversation;
    tokens = await count(conversation);
    applied.push({ kind: edit.kind, count: cleared.count, clearedTokens: before - tokens });
  }
  return { conversation, applied, ...(originalTokens !== undefined && { originalTokens }) };
}

interface ToolUseOptions extends Pick<ClearOptions, 'count' | 'points'> {
  readonly tokensBefore: () => Promise<number>;
}

/** Removes the results of old tool uses once the trigger is exceeded; undefined if it is not. */
async function withoutToolUses(
  conversation: Conversation,
  edit: ClearToolUses,
  { tokensBefore, count, points }: ToolUseOptions,
): Promise<Cleared | undefined> {
  const { trigger, keep, clearAtLeast } = edit;
  const excluded = new Set(edit.excluded);
  const uses = readToolUses(conversation).filter(({ name }) => !excluded.has(name));
  const exceeds = async (tokens: () => Promise<number>, left: number): Promise<boolean> =>
    (trigger.unit === 'tokens' ? await tokens() : left) > trigger.value;
  const most = Math.max(0, uses.length - keep);
  // The remembered use may come from a request with a smaller `keep`, or from one with the same ids.
  const earlier = Math.min(points.countOf(uses), most);
  if (uses.length === 0 || !(await exceeds(tokensBefore, uses.length))) return undefined;
  const same = clearToolUses(conversation, uses.slice(0, earlier), edit);
  const tokensOfSame = earlier === 0 ? tokensBefore : () => count(same.conversation);
  const isEnough = earlier > 0 && !(await exceeds(tokensOfSame, uses.length - earlier));
  if (isEnough || most === earlier) return same;
  const old = uses.slice(0, most);
  const more = clearToolUses(conversation, old, edit);
  const gained = (await tokensOfSame()) - (await count(more.conversation));
  if (gained < clearAtLeast) return same;
  points.add(old);
  return more;
}
