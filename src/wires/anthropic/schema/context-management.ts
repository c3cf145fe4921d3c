import { z } from 'zod';
import { list } from './list.ts';

const MOST_EDITS = 100;
const MOST_NAMES = 10_000;

const count = z.int().min(0);
const positive = z.int().min(1);
const names = list(z.string(), MOST_NAMES);
const tokens = z.object({ type: z.literal('input_tokens'), value: positive });
const toolUses = z.object({ type: z.literal('tool_uses'), value: count });

const edit = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('clear_tool_uses_20250919'),
    trigger: z.discriminatedUnion('type', [tokens, toolUses]).nullish(),
    keep: toolUses.nullish(),
    clear_at_least: tokens.nullish(),
    exclude_tools: names.nullish(),
    clear_tool_inputs: z.union([z.boolean(), names]).nullish(),
  }),
  z.object({
    type: z.literal('clear_thinking_20251015'),
    keep: z
      .union([
        z.literal('all'),
        z.object({ type: z.literal('all') }),
        z.object({ type: z.literal('thinking_turns'), value: positive }),
      ])
      .nullish(),
  }),
  z.object({
    type: z.literal('compact_20260112'),
    trigger: tokens.nullish(),
    instructions: z.string().nullish(),
    pause_after_compaction: z.boolean().nullish(),
  }),
]);

export const contextManagement = z.object({ edits: list(edit, MOST_EDITS).nullish() });

/** Demand for a summary instead of an answer. */
export const compaction = z.object({
  type: z.literal('summarize'),
  instructions: z.string().nullish(),
});

export type EditField = z.output<typeof edit>;
export type ContextManagementField = z.output<typeof contextManagement>;
export type CompactionField = z.output<typeof compaction>;
