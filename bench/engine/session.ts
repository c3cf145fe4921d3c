import { median, rounded, sum } from '../statistics.ts';
import type { Turn } from './client.ts';
import { pair } from './rig.ts';
import type { Rig } from './rig.ts';

export interface SessionPlan {
  readonly turns: number;
  /** Words of the system prompt; `words` are those of each user turn. */
  readonly system: number;
  readonly words: number;
  /** Generated tokens per turn. */
  readonly tokens: number;
}

const TOOLS = ['Read', 'Write', 'Edit', 'Bash', 'Search'];

/** Measures the time of a session in Portico, and the share that raw llama.cpp takes for it. */
export async function measureSession(rig: Rig, plan: SessionPlan) {
  const system = rig.prose(plan.system, 3000);
  const tools = TOOLS.map((name, index) => tool(name, rig.prose(30, 3100 + index)));
  const messages: Turn[] = [];
  const turns: { readonly ours: number; readonly raw: number }[] = [];
  let fresh = 0;
  for (let turn = 0; turn < plan.turns; turn += 1) {
    messages.push({ role: 'user', content: rig.prose(plan.words, 3200 + turn) });
    const question = { system, tools, messages, generate: plan.tokens, session: 'session' };
    const { ours, raw } = await pair(rig, question);
    messages.push({ role: 'assistant', content: ours.text });
    fresh += ours.promptTokens - ours.cacheReadTokens;
    turns.push({ ours: ours.endedAt, raw: raw.at(-1) ?? 0 });
  }
  const [ours, raw] = [sum(turns.map((turn) => turn.ours)), sum(turns.map((turn) => turn.raw))];
  return {
    sessionShare: rounded(raw / ours),
    sessionTurnShare: rounded(median(turns.map((turn) => turn.raw / turn.ours))),
    sessionMs: rounded(ours),
    rawSessionMs: rounded(raw),
    sessionEvaluatedTokens: fresh,
    sessionGeneratedTokens: plan.turns * plan.tokens,
  };
}

function tool(name: string, description: string): object {
  const properties = { path: { type: 'string', description } };
  const input_schema = { type: 'object', properties, required: ['path'] };
  return { name, description, input_schema };
}
