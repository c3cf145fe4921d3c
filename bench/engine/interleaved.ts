import { rounded, sum } from '../statistics.ts';
import type { StreamedAnswer, Turn } from './client.ts';
import type { Rig } from './rig.ts';

export interface InterleavedPlan {
  readonly conversations: number;
  readonly turns: number;
  /** Words of each system prompt; `words` are those of each user turn. */
  readonly system: number;
  readonly words: number;
  readonly tokens: number;
}

/** State of a conversation. */
interface SessionState {
  readonly session: string;
  readonly system: string;
  messages: readonly Turn[];
  last: StreamedAnswer | undefined;
}

/** Measures the share of each conversation's last prompt and answer that is reused, if conversations take turns. */
export async function measureInterleaved({ portico, prose }: Rig, plan: InterleavedPlan) {
  const conversations = Array.from({ length: plan.conversations }, (_, index) =>
    start(`conversation ${index}`, prose(plan.system, 4000 + index)),
  );
  const reuses: { readonly read: number; readonly known: number }[] = [];
  for (let turn = 0; turn < plan.turns; turn += 1) {
    for (const [index, conversation] of conversations.entries()) {
      const { session, system, last } = conversation;
      const content = prose(plan.words, 4100 + turn * plan.conversations + index);
      const messages: readonly Turn[] = [...conversation.messages, { role: 'user', content }];
      const answer = await portico.ask({ session, system, messages, generate: plan.tokens });
      if (last !== undefined) {
        const known = last.promptTokens + last.outputTokens;
        reuses.push({ read: answer.cacheReadTokens, known });
      }
      conversation.last = answer;
      conversation.messages = [...messages, { role: 'assistant', content: answer.text }];
    }
  }
  const [read, known] = [sum(reuses.map((one) => one.read)), sum(reuses.map((one) => one.known))];
  return {
    prefixReuse: rounded(read / known),
    leastPrefixReuse: rounded(Math.min(...reuses.map((one) => one.read / one.known))),
  };
}

function start(session: string, system: string): SessionState {
  return { session, system, messages: [], last: undefined };
}
