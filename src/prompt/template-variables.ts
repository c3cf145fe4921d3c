import { EFFORTS } from '../core/backend.ts';
import type { Effort, ThinkingMode } from '../core/backend.ts';
import type { TemplateTraits } from './template-traits.ts';

/** Thinking mode and effort that a prompt asks for. */
export interface ThinkingOptions {
  readonly thinking: ThinkingMode;
  readonly effort?: Effort;
}

/**
 * Template variables besides messages and tools. They switch thinking (`enable_thinking` for Qwen and most
 * others, `thinking` for DeepSeek and Granite, `reasoning` for Cohere, `thinking_budget` for Seed), set the
 * effort, keep all tool results (MiroThinker), and pass the date. The date has no time of day, which would
 * change the start of every prompt and invalidate the cached prefix.
 */
export function templateVariables(
  { thinking, effort }: ThinkingOptions,
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

/** Date in the form of Llama's templates, such as `26 Jul 2024`. */
const DAY = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric' });

/** Level of the template nearest to an effort; the higher of two, and the lowest if thinking is disabled. */
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
