import { EFFORTS } from '../core/backend.ts';
import type { Effort, ThinkingMode } from '../core/backend.ts';
import type { TemplateTraits } from './template-traits.ts';

/** How a prompt asks for thinking. */
export interface ThinkingWish {
  readonly thinking: ThinkingMode;
  readonly effort?: Effort;
}

/**
 * What templates ask for by name, besides messages and tools: whether to think (`enable_thinking` for
 * Qwen and most others, `thinking` for DeepSeek and Granite, `reasoning` for Cohere, `thinking_budget`
 * for Seed), how hard, how many results to keep (MiroThinker: all), and what day it is. Nothing finer
 * than the day: the prompt's beginning would never be the same again.
 */
export function templateVariables(
  { thinking, effort }: ThinkingWish,
  traits: Pick<TemplateTraits, 'efforts' | 'thinking'>,
  now = new Date(),
): Readonly<Record<string, unknown>> {
  const thinks = thinking.mode !== 'disabled';
  const level = effortLevel(thinks, effort, traits);
  const today = DAY.format(now);
  return {
    enable_thinking: thinks,
    thinking: thinks,
    reasoning: thinks,
    ...(!thinks && { thinking_budget: 0 }),
    ...(thinking.mode === 'enabled' && { thinking_budget: thinking.budgetTokens }),
    ...(level !== undefined && { reasoning_effort: level }),
    keep_tool_result: -1,
    date_string: today,
    datetime: today,
  };
}

/** `26 Jul 2024`, as Llama's templates write it. */
const DAY = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric' });

/** The template's level nearest to an effort, the higher one of two; the lowest for no thinking. */
function effortLevel(
  thinks: boolean,
  effort: Effort | undefined,
  { efforts, thinking }: Pick<TemplateTraits, 'efforts' | 'thinking'>,
): string | undefined {
  if (!thinks) return thinking === 'always' ? efforts[0] : undefined;
  if (effort === undefined) return undefined;
  const wanted = EFFORTS.indexOf(effort);
  const levels = EFFORTS.filter((level) => efforts.includes(level));
  const distance = (level: Effort) => Math.abs(EFFORTS.indexOf(level) - wanted);
  return levels.toReversed().toSorted((one, other) => distance(one) - distance(other))[0];
}
