import type { ChatRequest, Message } from 'ollama';
import { z } from 'zod';
import { isRecord } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';

/** A message of /api/chat; the client's own type lacks the id that a result refers to. */
export interface OllamaMessage extends Message {
  readonly tool_call_id?: string;
}

/** A tool as /api/chat takes it. */
export interface OllamaTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: JsonObject;
  };
}

/** What /api/chat takes; the client's own type lacks the fields that forbid dropping messages. */
export interface OllamaChatRequest extends Omit<ChatRequest, 'tools'> {
  readonly messages: OllamaMessage[];
  readonly tools?: readonly OllamaTool[];
  readonly truncate: false;
  readonly shift: false;
}

const DONE_REASONS = ['stop', 'length', 'load', 'unload'] as const;

export type DoneReason = (typeof DONE_REASONS)[number];

/** What the last chunk tells of the whole answer. */
export interface ChunkEnd {
  readonly reason: DoneReason;
  /** The whole prompt, cached parts included. */
  readonly promptTokens: number | undefined;
  /** Only newer versions tell it. */
  readonly cachedTokens: number | undefined;
  /** All that was generated: thinking, tags and the token that ended it too. */
  readonly outputTokens: number | undefined;
}

/** A call, which always arrives whole. */
export interface ChunkCall {
  readonly name: string;
  /** Its arguments as they came, which may be malformed. */
  readonly json: string;
}

/** One line of a streamed answer, or a whole answer that was not streamed. */
export interface OllamaChunk {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly ChunkCall[];
  /** Tokens that it is made of: exact where log probabilities were asked for, else 1 or 0. */
  readonly tokens: number;
  readonly end: ChunkEnd | undefined;
}

/** An odd count is as good as none: a good answer does not fail by it. */
const count = z.int().nonnegative().max(1e9).optional().catch(undefined);

const call = z.object({
  function: z.object({
    name: z.string().nullish(),
    // Proxies and old versions send a string, or a list; what it is worth is decided for all backends alike.
    arguments: z.unknown().optional(),
  }),
});

const chunkSchema = z.object({
  message: z.object({
    content: z.string().nullish(),
    thinking: z.string().nullish(),
    tool_calls: z.array(call).nullish(),
  }),
  done: z.boolean(),
  // Versions that don't tell a reason end an answer in no other way that could be told apart.
  done_reason: z.enum(DONE_REASONS).default('stop'),
  prompt_eval_count: count,
  prompt_eval_cached_count: count,
  eval_count: count,
  logprobs: z.array(z.unknown()).nullish(),
});

/** Reads one answer line of /api/chat; undefined where it is none. */
export function readOllamaChunk(value: unknown): OllamaChunk | undefined {
  const { data } = chunkSchema.safeParse(value);
  if (data === undefined) return undefined;
  const made = (data.message.tool_calls ?? []).map((one) => ({
    name: one.function.name ?? '',
    json: readArguments(one.function.arguments),
  }));
  const calls = made.filter(({ name }) => name !== '');
  // What calls nothing is text.
  const nameless = made.flatMap(({ name, json }) => (name === '' ? [json] : []));
  const text = [data.message.content ?? '', ...nameless].join('');
  const thinking = data.message.thinking ?? '';
  const isEmpty = text === '' && thinking === '' && calls.length === 0;
  return {
    text,
    thinking,
    calls,
    tokens: data.logprobs?.length ?? (isEmpty ? 0 : 1),
    end: data.done
      ? {
          reason: data.done_reason,
          promptTokens: data.prompt_eval_count,
          cachedTokens: data.prompt_eval_cached_count,
          outputTokens: data.eval_count,
        }
      : undefined,
  };
}

function readArguments(written: unknown = ''): string {
  return typeof written === 'string' ? written : JSON.stringify(written);
}

/** The part of /api/show's answer that decides how a model is asked. */
export interface ModelDescription {
  readonly family: string | undefined;
  readonly capabilities: readonly string[];
  /** The context that the model was trained for, in tokens. */
  readonly contextLength: number | undefined;
  /** The context that its Modelfile sets, in tokens. */
  readonly numCtx?: number | undefined;
  /** Whether Ollama reads its output by code of its own, instead of by the tags in its template. */
  readonly ownParser: boolean;
}

const showSchema = z.object({
  parser: z.string().optional(),
  parameters: z.string().optional(),
  details: z.object({ family: z.string().optional() }).optional(),
  model_info: z.record(z.string(), z.unknown()).optional(),
  capabilities: z.array(z.string()).optional(),
});

/** Reads the answer of /api/show; undefined where it is none. */
export function readDescription(value: unknown): ModelDescription | undefined {
  const { data } = showSchema.safeParse(value);
  if (data?.details === undefined) return undefined;
  const architecture = data.model_info?.['general.architecture'];
  const length = data.model_info?.[`${String(architecture)}.context_length`];
  return {
    family: data.details.family,
    capabilities: data.capabilities ?? [],
    contextLength: typeof length === 'number' ? length : undefined,
    numCtx: numCtxOf(data.parameters),
    ownParser: (data.parser ?? '') !== '',
  };
}

/** `num_ctx` of the lines `NAME VALUE` that /api/show prints a Modelfile's parameters as. */
function numCtxOf(parameters = ''): number | undefined {
  const tokens = Number(/^[ \t]*num_ctx[ \t]+(\d+)[ \t\r]*$/m.exec(parameters)?.[1]);
  return tokens > 0 ? tokens : undefined;
}

const runningSchema = z.object({
  models: z.array(
    z.object({ name: z.string(), context_length: z.int().positive().optional().catch(undefined) }),
  ),
});

/** Reads /api/ps: the context in tokens that each model in memory has; undefined where it is no such list. */
export function readAllocated(value: unknown): ReadonlyMap<string, number> | undefined {
  const { data } = runningSchema.safeParse(value);
  return (
    data &&
    new Map(
      data.models.flatMap(({ name, context_length: tokens }) =>
        tokens === undefined ? [] : [[name, tokens] as const],
      ),
    )
  );
}

const tagsSchema = z.object({
  models: z
    .array(
      z.object({ name: z.string().min(1), size: z.int().positive().optional().catch(undefined) }),
    )
    .nullable(),
});

/** Item of /api/tags. */
export interface OllamaListedModel {
  readonly name: string;
  /** In bytes; a model of Ollama's cloud has none to speak of. */
  readonly size?: number | undefined;
}

/** Reads /api/tags; undefined where it is no such list. */
export function readTags(value: unknown): readonly OllamaListedModel[] | undefined {
  const { data } = tagsSchema.safeParse(value);
  return data === undefined ? undefined : (data.models ?? []);
}

const errorSchema = z.object({ error: z.string() });

/** Characters of an error that are read: it may be as long as an answer. */
const MOST_READ = 16_384;

/** The message of `{"error": "…"}`, which is how Ollama fails; undefined for anything else. */
export function readOllamaError(value: unknown): string | undefined {
  // Nearly every line is none, and a failed parse costs more than a whole one.
  return isRecord(value) && 'error' in value
    ? errorSchema.safeParse(value).data?.error.slice(0, MOST_READ)
    : undefined;
}
