import type { Citation } from './citation.ts';
import type { AppliedEdit } from './context-edits.ts';
import type { JsonObject } from './json.ts';
import type { ServerService, ServiceOutcome, ServiceUse } from './server-tools.ts';

export type StopReason =
  | 'end-turn'
  | 'max-tokens'
  | 'stop-sequence'
  | 'tool-use'
  | 'pause-turn'
  | 'compaction'
  | 'refusal'
  | 'context-exceeded';

/** Token counts by the model's own tokenizer. */
export interface Usage {
  /** Tokens of the complete prompt, cached parts included. */
  readonly promptTokens: number;
  /** Prompt tokens whose state was cached and reused. */
  readonly cacheReadTokens: number;
  /** Prompt tokens that were evaluated and cached at the client's request. */
  readonly cacheCreationTokens: number;
  /** Part of `cacheCreationTokens` with the longer lifetime, if the client requested two lifetimes. */
  readonly longCacheTokens?: number;
  /** Generated tokens, thinking included. */
  readonly outputTokens: number;
  readonly thinkingTokens: number;
  /** Use of server tools for the answer; absent if there was none. */
  readonly services?: ServiceUse;
}

/**
 * Event of a generation.
 *
 * The first event is `admitted`: before it, a failure is thrown and becomes an HTTP status; after it,
 * the answer has begun. The last is `finish`, exactly once, unless the generator throws.
 * `inputTokens` is an estimate if an upstream reports the count only at the end, or null if there is none.
 */
export type GenerationEvent =
  | {
      readonly type: 'admitted';
      readonly inputTokens: number | null;
      /** Split of the input by cache, as the usage will report it; absent if not known yet. */
      readonly cache?: Pick<Usage, 'cacheReadTokens' | 'cacheCreationTokens' | 'longCacheTokens'>;
      /** Tokens of the prompt before its conversation was edited; absent if it was not. */
      readonly originalTokens?: number;
      /** Absent if the prompt was reused, or if the client did not ask for the reason. */
      readonly cacheMiss?: CacheMiss;
    }
  | {
      readonly type: 'progress';
      readonly phase: 'queued' | 'loading' | 'prefill';
      /** Tokens for `prefill`, requests ahead for `queued`, a fraction of 1 for `loading`. */
      readonly done: number;
      readonly total: number;
      /** Bytes of the weights, with the last event of a load. */
      readonly sizeBytes?: number;
    }
  | { readonly type: 'text-delta'; readonly text: string }
  /** Complete passage of the text, with the passages of sources that support it. */
  | {
      readonly type: 'cited-text';
      readonly text: string;
      readonly citations: readonly Citation[];
    }
  | { readonly type: 'thinking-delta'; readonly text: string }
  | { readonly type: 'tool-call-start'; readonly id: string; readonly name: string }
  | { readonly type: 'tool-call-delta'; readonly id: string; readonly json: string }
  | { readonly type: 'tool-call-end'; readonly id: string }
  /** Complete call that the server executes itself; its result follows before the answer ends. */
  | {
      readonly type: 'server-tool-call';
      readonly id: string;
      readonly name: string;
      /** MCP server of the tool; absent for other tools. */
      readonly mcpServer?: string;
      readonly input: JsonObject;
    }
  | {
      readonly type: 'server-tool-result';
      readonly callId: string;
      readonly service: ServerService;
      readonly outcome: ServiceOutcome;
    }
  /** Summary that replaces the conversation so far; undefined if the model wrote none. */
  | { readonly type: 'compaction'; readonly text: string | undefined }
  | {
      readonly type: 'finish';
      readonly reason: StopReason;
      /** Matched stop sequence for `stop-sequence`; else null. */
      readonly stopSequence: string | null;
      /** The cause of a refusal, in words. */
      readonly explanation?: string;
      readonly usage: Usage;
      /** Edits of the conversation; absent if the client asked for none. */
      readonly edits?: readonly AppliedEdit[];
      /** Usage of the summary that was written before the answer; `usage` does not include it. */
      readonly compaction?: Usage;
      /** All events arrived at once, so their times do not measure the decoding. */
      readonly inOnePiece?: true;
    };

/** Usage of nothing. */
export const NO_USAGE: Usage = {
  promptTokens: 0,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  outputTokens: 0,
  thinkingTokens: 0,
};

/** Reason why a prompt was evaluated again, though an earlier answer to its start is known. */
export type CacheMiss =
  | {
      readonly reason: 'model' | 'system' | 'tools' | 'messages';
      /** Tokens of the earlier prompt that were evaluated again. */
      readonly missedTokens: number;
    }
  | { readonly reason: 'not-found' | 'unknown' };

/** Events of a piece of text: one, or none for an empty piece. */
export function deltas(
  type: 'text-delta' | 'thinking-delta',
  text: string,
): readonly GenerationEvent[] {
  return text === '' ? [] : [{ type, text }];
}
