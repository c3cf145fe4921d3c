import type { JsonObject } from './json.ts';
import type { ServerService, ServiceOutcome, ServiceUse } from './server-tools.ts';

export type StopReason =
  | 'end-turn'
  | 'max-tokens'
  | 'stop-sequence'
  | 'tool-use'
  | 'pause-turn'
  | 'refusal'
  | 'context-exceeded';

/** Counts of tokens, by the model's own tokenizer. */
export interface Usage {
  /** The whole prompt, cached parts included. */
  readonly promptTokens: number;
  /** The part of the prompt whose state was already there and was not evaluated again. */
  readonly cacheReadTokens: number;
  /** The part of the prompt that was evaluated and kept for later requests at the client's wish. */
  readonly cacheCreationTokens: number;
  /** The part of `cacheCreationTokens` that is to be kept longer, if the client asked for two lifetimes. */
  readonly longCacheTokens?: number;
  /** All that was generated, thinking included. */
  readonly outputTokens: number;
  readonly thinkingTokens: number;
  /** What the server did itself for the answer; absent where it did nothing. */
  readonly services?: ServiceUse;
}

/**
 * What a backend yields for one request.
 *
 * The first event is `admitted`: before it, a failure is thrown and becomes an HTTP status; after it,
 * the answer has begun. The last is `finish`, exactly once, unless the generator throws.
 * `inputTokens` is an estimate if an upstream reports the count only at the end, or null if there is none.
 */
export type GenerationEvent =
  | {
      readonly type: 'admitted';
      readonly inputTokens: number | null;
      /** Its split as the usage will report it; absent if that is not known yet. */
      readonly cache?: Pick<Usage, 'cacheReadTokens' | 'cacheCreationTokens' | 'longCacheTokens'>;
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
  | { readonly type: 'thinking-delta'; readonly text: string }
  | { readonly type: 'tool-call-start'; readonly id: string; readonly name: string }
  | { readonly type: 'tool-call-delta'; readonly id: string; readonly json: string }
  | { readonly type: 'tool-call-end'; readonly id: string }
  /** A whole call that the server carries out itself; its result follows before the answer ends. */
  | {
      readonly type: 'server-tool-call';
      readonly id: string;
      readonly name: string;
      readonly input: JsonObject;
    }
  | {
      readonly type: 'server-tool-result';
      readonly callId: string;
      readonly service: ServerService;
      readonly outcome: ServiceOutcome;
    }
  | {
      readonly type: 'finish';
      readonly reason: StopReason;
      /** The stop sequence that was met, for `stop-sequence`; else null. */
      readonly stopSequence: string | null;
      /** The cause of a refusal, in words. */
      readonly explanation?: string;
      readonly usage: Usage;
      /** The events came all at once, so that their times say nothing about the decoding. */
      readonly inOnePiece?: true;
    };
