import type { Capabilities, GenerationRequest, LoadStatus } from '../../../core/backend.ts';
import { messageOf, RuntimeFailure } from '../../../core/failure.ts';
import type { FailureCode, FailureSubject, PromptOverflow } from '../../../core/failure.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import type { EngineTask } from '../engine-settings.ts';
import type { LoadNeeds } from '../memory/eviction.ts';

/** What the server tells an engine's child process; `call` numbers the request. */
export type EngineCommand =
  | { readonly type: 'open'; readonly task: EngineTask }
  | { readonly type: 'capabilities'; readonly call: number }
  | { readonly type: 'status'; readonly call: number }
  | { readonly type: 'count'; readonly call: number; readonly request: GenerationRequest }
  | { readonly type: 'generate'; readonly call: number; readonly request: GenerationRequest }
  | { readonly type: 'cancel'; readonly call: number }
  | { readonly type: 'close' }
  | { readonly type: 'granted'; readonly slots: number }
  | { readonly type: 'refused'; readonly failure: PlainFailure };

/** Message to a child process: a command, or a piece of the JSON of a large one, which `whole` completes. */
export type EngineMessage =
  | EngineCommand
  | { readonly type: 'part'; readonly call: number; readonly text: string }
  | { readonly type: 'whole'; readonly call: number };

/** What the child says: what an engine does by itself, and answers, of which all but `events` end their call. */
export type EngineReply =
  | { readonly type: 'events'; readonly call: number; readonly events: readonly GenerationEvent[] }
  | { readonly type: 'counted'; readonly call: number; readonly tokens: number }
  | { readonly type: 'described'; readonly call: number; readonly capabilities: Capabilities }
  | { readonly type: 'status'; readonly call: number; readonly status: LoadStatus | null }
  | { readonly type: 'done'; readonly call: number }
  | { readonly type: 'log'; readonly message: string; readonly level: 'info' | 'warn' }
  | { readonly type: 'alive' }
  /** The model's file was read, as far as calls without its weights need it. */
  | { readonly type: 'opened' }
  | { readonly type: 'acquire'; readonly needs: LoadNeeds }
  | { readonly type: 'settled'; readonly loaded: boolean }
  | { readonly type: 'failed'; readonly call: number; readonly failure: PlainFailure };

/** A RuntimeFailure as JSON. */
export interface PlainFailure {
  readonly code: FailureCode;
  readonly message: string;
  readonly retryAfterSeconds?: number;
  readonly subject?: FailureSubject;
  readonly overflow?: PromptOverflow;
}

/** Any thrown value as plain data: what is no RuntimeFailure is `internal`. */
export function plainFailure(error: unknown): PlainFailure {
  if (!(error instanceof RuntimeFailure)) return { code: 'internal', message: messageOf(error) };
  const { code, message, retryAfterSeconds, subject, overflow } = error;
  return {
    code,
    message,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(subject !== undefined && { subject }),
    ...(overflow !== undefined && { overflow }),
  };
}

/** The failure behind its plain form. */
export function revivedFailure(plain: PlainFailure): RuntimeFailure {
  return new RuntimeFailure(plain.code, plain.message, plain);
}
