import { z } from 'zod';

const timings = z.object({
  /** Reused tokens of the prompt. */
  cache_n: z.int(),
  /** Evaluated tokens of the prompt. */
  prompt_n: z.int(),
  prompt_ms: z.number(),
});

/** Answer of `/completion` without a stream. */
export const completionSchema = z.object({ tokens_evaluated: z.int(), timings });

/** Item of the stream of `/completion`: new tokens, or the end. */
export const chunkSchema = z.object({
  tokens: z.array(z.int()),
  content: z.string(),
  stop: z.boolean(),
  /** Number of tokens so far. */
  tokens_predicted: z.int(),
  /** Present in items that report the evaluation of the prompt. */
  prompt_progress: z.unknown().optional(),
  /** Reason of the end. */
  stop_type: z.string().optional(),
  /** Present at the end. */
  timings: timings.optional(),
});

export type CompletionChunk = z.infer<typeof chunkSchema>;

/** Answer of the actions of a slot. */
export const savedSchema = z.object({ n_saved: z.int(), n_written: z.int() });
export const restoredSchema = z.object({ n_restored: z.int() });

/** Answer of `/v1/models`. */
export const modelsSchema = z.object({
  data: z.array(z.object({ meta: z.object({ size: z.number() }).nullish() })).min(1),
});

/** Answer of a failure. */
export const failureSchema = z.object({ error: z.object({ message: z.string() }) });

/** Text with a marker for each picture, and the pictures in base64. */
export interface MultimodalPrompt {
  readonly prompt_string: string;
  readonly multimodal_data: readonly string[];
}

/** Answer of `/props`. */
export const propsSchema = z.object({ media_marker: z.string().optional() });

/** Body of `/completion`. */
export interface CompletionBody {
  readonly prompt: readonly number[] | MultimodalPrompt;
  readonly id_slot: number;
  readonly cache_prompt: true;
  readonly n_predict: number;
  readonly [option: string]: unknown;
}
