import { z } from 'zod';
import { presentItems } from '../../net/present-items.ts';
import { readUsage } from './usage.ts';
import type { UsageReport } from './usage.ts';

/** Delta of a tool call. Servers differ in the order and the parts that they send. */
export interface CallDelta {
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly name: string;
  readonly json: string;
}

/** Event of a streamed answer. */
export interface ChatChunk {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly CallDelta[];
  /** Reason of the end, in the server's words. */
  readonly finishReason: string | undefined;
  /** Counts so far, or of the complete answer. */
  readonly usage: UsageReport | undefined;
  /** Evaluated tokens of the prompt, if the server reports them. */
  readonly prefill: { readonly done: number; readonly total: number } | undefined;
  /** Set for a complete answer, which is not part of a stream. */
  readonly inOnePiece?: true;
}

const optionalText = z.string().nullish();

/** Most servers send a string; Mistral sends blocks, including thinking. */
const blocksSchema = presentItems(
  z.object({
    type: z.string(),
    text: optionalText,
    thinking: presentItems(z.object({ text: optionalText })).nullish(),
  }),
);

const functionSchema = z.object({
  name: optionalText,
  // Gemini's endpoint and some proxies send an object.
  arguments: z.unknown().optional(),
  // Name of the arguments in the form that models of Meta write.
  parameters: z.unknown().optional(),
});

/** Call, with or without a function around its name and arguments. */
const callSchema = functionSchema.extend({
  index: z.int().nullish(),
  id: optionalText,
  function: functionSchema.nullish(),
});

const deltaSchema = z.object({
  content: z.union([z.string(), blocksSchema]).nullish(),
  reasoning_content: optionalText,
  reasoning: optionalText,
  refusal: optionalText,
  tool_calls: presentItems(callSchema).nullish(),
  // Name of tool_calls in the first version of the API.
  function_call: functionSchema.nullish(),
});

const chunkSchema = z
  .object({
    choices: presentItems(
      z.object({ delta: deltaSchema.nullish(), finish_reason: optionalText }),
    ).nullish(),
    usage: z.unknown().optional(),
    timings: z.unknown().optional(),
    prompt_progress: z.object({ total: z.int(), processed: z.int() }).nullish().catch(undefined),
  })
  .refine(({ choices, usage }) => Array.isArray(choices) || Boolean(usage));

type Delta = z.infer<typeof deltaSchema>;

/** Reads one event of a streamed chat completion; undefined if it is not one. */
export function readChunk(value: unknown): ChatChunk | undefined {
  const { data } = chunkSchema.safeParse(value);
  if (data === undefined) return undefined;
  const choice = data.choices?.[0];
  const progress = data.prompt_progress;
  return {
    ...readContent(choice?.delta ?? {}),
    calls: callsOf(choice?.delta ?? {}).map(readCall),
    finishReason: choice?.finish_reason ?? undefined,
    // During prefill, the timings cover only a part of the prompt.
    usage: readUsage(data.usage, progress ? undefined : data.timings),
    prefill: progress ? { done: progress.processed, total: progress.total } : undefined,
  };
}

const wholeSchema = z.looseObject({
  choices: presentItems(
    z.looseObject({
      message: z.looseObject({ tool_calls: presentItems(z.looseObject({})).nullish() }),
    }),
  ).refine((choices) => choices.length > 0),
});

/** Reads a non-streamed answer as one event; undefined if it is not one. */
export function readWhole(value: unknown): ChatChunk | undefined {
  const { data } = wholeSchema.safeParse(value);
  if (data === undefined) return undefined;
  const choices = data.choices.map(({ message, ...choice }) => {
    const tool_calls = message.tool_calls?.map((call, index) => ({ ...call, index }));
    return { ...choice, delta: { ...message, tool_calls } };
  });
  return readChunk({ ...data, choices });
}

function readContent(delta: Delta): { readonly text: string; readonly thinking: string } {
  const { content, refusal } = delta;
  // A server that is changing the field's name sends both for a while.
  const thinking = delta.reasoning_content ?? delta.reasoning ?? '';
  if (!Array.isArray(content)) return { text: content ?? refusal ?? '', thinking };
  const thoughts = content.flatMap((block) => block.thinking ?? []);
  return {
    text: content.map(({ text }) => text ?? '').join(''),
    thinking: thinking + thoughts.map(({ text }) => text ?? '').join(''),
  };
}

function callsOf({ tool_calls, function_call }: Delta): readonly z.infer<typeof callSchema>[] {
  if (tool_calls && tool_calls.length > 0) return tool_calls;
  return function_call ? [{ function: function_call }] : [];
}

function readCall(call: z.infer<typeof callSchema>): CallDelta {
  const made = call.function ?? call;
  const written = made.arguments ?? made.parameters ?? '';
  return {
    index: call.index ?? undefined,
    id: call.id === '' ? undefined : (call.id ?? undefined),
    name: made.name ?? '',
    json: typeof written === 'string' ? written : JSON.stringify(written),
  };
}
