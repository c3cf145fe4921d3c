import type { Capabilities, GenerationRequest, LoadStatus } from '../../../core/backend.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import type { PlainFailure } from '../../../core/plain-failure.ts';
import type { EngineTask } from '../engine-settings.ts';
import type { LoadNeeds } from '../memory/eviction.ts';

/** Command of the server to an engine's child process; `call` is the number of the request. */
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

/** Message of the child: a report of the engine, or an answer. All answers except `events` end their call. */
export type EngineReply =
  | { readonly type: 'events'; readonly call: number; readonly events: readonly GenerationEvent[] }
  | { readonly type: 'counted'; readonly call: number; readonly tokens: number }
  | { readonly type: 'described'; readonly call: number; readonly capabilities: Capabilities }
  | { readonly type: 'status'; readonly call: number; readonly status: LoadStatus | null }
  | { readonly type: 'done'; readonly call: number }
  | { readonly type: 'log'; readonly message: string; readonly level: 'info' | 'warn' }
  | { readonly type: 'alive' }
  /** The model's file was read, so that calls without its weights can be answered. */
  | { readonly type: 'opened' }
  | { readonly type: 'acquire'; readonly needs: LoadNeeds }
  | { readonly type: 'settled'; readonly loaded: boolean }
  | { readonly type: 'failed'; readonly call: number; readonly failure: PlainFailure };
