import type { ChatRequest, Message } from 'ollama';
import { z } from 'zod';
import { isRecord } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import { presentItems } from '../../net/present-items.ts';

/** Message of /api/chat. The type of Ollama's package lacks the id that a result refers to. */
export interface OllamaMessage extends Message {
  readonly tool_call_id?: string;
}

/** Tool of /api/chat. */
export interface OllamaTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: JsonObject;
  };
}

/** Body of /api/chat. The type of Ollama's package lacks the fields that forbid dropping messages. */
export interface OllamaChatRequest extends Omit<ChatRequest, 'tools'> {
  readonly messages: OllamaMessage[];
  readonly tools?: readonly OllamaTool[];
  readonly truncate: false;
  readonly shift: false;
}

const DONE_REASONS = ['stop', 'length', 'load', 'unload'] as const;

export type DoneReason = (typeof DONE_REASONS)[number];

/** Report of the last chunk about the complete answer. */
export interface ChunkEnd {
  readonly reason: DoneReason;
  /** Tokens of the complete prompt, including cached ones. */
  readonly promptTokens: number | undefined;
  /** Reported by newer versions only. */
  readonly cachedTokens: number | undefined;
  /** All generated tokens, including thinking, tags and the end token. */
  readonly outputTokens: number | undefined;
}

/** Call, which always arrives complete. */
export interface ChunkCall {
  readonly name: string;
  /** Unchanged arguments, which may be malformed. */
  readonly json: string;
}

/** Line of a streamed answer, or a complete non-streamed answer. */
export interface OllamaChunk {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly ChunkCall[];
  /** Number of its tokens: exact if log probabilities were requested, otherwise 1 or 0. */
  readonly tokens: number;
  readonly end: ChunkEnd | undefined;
}

/** Token count. An invalid one counts as absent, so that it does not spoil a good answer. */
const count = z.int().nonnegative().max(1e9).optional().catch(undefined);

const call = z.object({
  function: z
    .object({
      name: z.string().nullish(),
      // Proxies and old versions send a string or a list. The pipeline repairs them for all backends.
      arguments: z.unknown().optional(),
      parameters: z.unknown().optional(),
    })
    .nullable(),
});

const chunkSchema = z.object({
  message: z
    .object({
      content: z.string().nullish(),
      thinking: z.string().nullish(),
      tool_calls: presentItems(call).nullish(),
    })
    .nullable(),
  done: z.boolean(),
  // Versions without a reason end every answer in this form.
  done_reason: z.enum(DONE_REASONS).nullish(),
  prompt_eval_count: count,
  prompt_eval_cached_count: count,
  eval_count: count,
  logprobs: z.array(z.unknown()).nullish(),
});

/** Reads one answer line of /api/chat; undefined if it is not one. */
export function readOllamaChunk(value: unknown): OllamaChunk | undefined {
  const { data } = chunkSchema.safeParse(value);
  if (data === undefined) return undefined;
  const made = (data.message?.tool_calls ?? []).map((one) => ({
    name: one.function?.name ?? '',
    json: readArguments(one.function),
  }));
  const calls = made.filter(({ name }) => name !== '');
  // A call without a name is text.
  const nameless = made.flatMap(({ name, json }) => (name === '' ? [json] : []));
  const text = [data.message?.content ?? '', ...nameless].join('');
  const thinking = data.message?.thinking ?? '';
  const isEmpty = text === '' && thinking === '' && calls.length === 0;
  return {
    text,
    thinking,
    calls,
    tokens: data.logprobs?.length ?? (isEmpty ? 0 : 1),
    end: data.done
      ? {
          reason: data.done_reason ?? 'stop',
          promptTokens: data.prompt_eval_count,
          cachedTokens: data.prompt_eval_cached_count,
          outputTokens: data.eval_count,
        }
      : undefined,
  };
}

/** Text of a call's arguments as they were sent; empty if there are none. */
function readArguments(called: { arguments?: unknown; parameters?: unknown } | null): string {
  const { arguments: sent, parameters } = called ?? {};
  const written = sent ?? parameters ?? (sent === null ? 'null' : '');
  return typeof written === 'string' ? written : JSON.stringify(written);
}

/** Part of /api/show's answer that decides the form of requests. */
export interface ModelDescription {
  readonly family: string | undefined;
  readonly capabilities: readonly string[];
  /** Context of the model's training, in tokens. */
  readonly contextLength: number | undefined;
  /** Context of its Modelfile, in tokens. */
  readonly numCtx?: number | undefined;
  /** True if it is a name for a model of Ollama's cloud, as `ollama cp` makes them. */
  readonly remote?: boolean;
  /** True if Ollama parses its output by special code, not by the tags in its template. */
  readonly ownParser: boolean;
}

const showSchema = z.object({
  parser: z.string().nullish(),
  parameters: z.string().nullish(),
  remote_model: z.string().nullish(),
  details: z.object({ family: z.string().nullish() }).optional(),
  model_info: z.record(z.string(), z.unknown()).nullish(),
  capabilities: presentItems(z.string()).nullish(),
});

/** Reads the answer of /api/show; undefined if it is not one. */
export function readDescription(value: unknown): ModelDescription | undefined {
  const { data } = showSchema.safeParse(value);
  if (data?.details === undefined) return undefined;
  const architecture = data.model_info?.['general.architecture'];
  const length = data.model_info?.[`${String(architecture)}.context_length`];
  return {
    family: data.details.family ?? undefined,
    capabilities: data.capabilities ?? [],
    contextLength: typeof length === 'number' ? length : undefined,
    numCtx: numCtxOf(data.parameters ?? ''),
    ...((data.remote_model ?? '') !== '' && { remote: true }),
    ownParser: (data.parser ?? '') !== '',
  };
}

/** Reads `num_ctx` from the parameters of a Modelfile, which /api/show prints as lines `NAME VALUE`. */
function numCtxOf(parameters: string): number | undefined {
  const tokens = Number(/^[ \t]*num_ctx[ \t]+(\d+)[ \t\r]*$/m.exec(parameters)?.[1]);
  return tokens > 0 ? tokens : undefined;
}

const runningSchema = z.object({
  models: presentItems(
    z.object({ name: z.string(), context_length: z.int().positive().optional().catch(undefined) }),
  ),
});

/** Reads the context in tokens of each loaded model from /api/ps; undefined if it is not such a list. */
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
  models: presentItems(
    z.object({ name: z.string().min(1), size: z.int().positive().optional().catch(undefined) }),
  ).nullable(),
});

/** Item of /api/tags. */
export interface OllamaListedModel {
  readonly name: string;
  /** Size in bytes. The value for a model of Ollama's cloud has no meaning. */
  readonly size?: number | undefined;
}

/** Reads /api/tags; undefined if it is not such a list. */
export function readTags(value: unknown): readonly OllamaListedModel[] | undefined {
  const { data } = tagsSchema.safeParse(value);
  return data === undefined ? undefined : (data.models ?? []);
}

const errorSchema = z.object({ error: z.string() });

/** Limit for the characters of an error, which may be as long as an answer. */
const MOST_READ = 16_384;

/** Reads the message of `{"error": "…"}`, Ollama's form of errors; undefined for any other value. */
export function readOllamaError(value: unknown): string | undefined {
  // Nearly no line is an error, and a failed parse costs more than a successful one.
  return isRecord(value) && 'error' in value
    ? errorSchema.safeParse(value).data?.error.slice(0, MOST_READ)
    : undefined;
}
