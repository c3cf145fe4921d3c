import type { Backend, Capabilities, GenerationRequest } from '../core/backend.ts';
import type { GenerationEvent } from '../core/events.ts';

/** Model of a request, and the signals that end its work. */
export interface GenerationContext {
  readonly capabilities: Capabilities;
  readonly backend: Pick<Backend, 'mayLeak' | 'toolAliases' | 'loaded'>;
  /** Aborts when the client leaves or the server stops. */
  readonly signal: AbortSignal;
  /** Counts the tokens of a prompt through the whole chain. */
  readonly countTokens: (request: GenerationRequest) => Promise<number>;
  /** Set by a middleware that parses calls and thinking from the text; see `Backend.generate`. */
  readonly ending?: AbortSignal;
  /** An outer middleware asks again for a forced call, so an inner one must not. */
  readonly retriesCalls?: true;
}

/** Generates the events of an answer; see GenerationEvent for their order. */
export type Generate = (
  request: GenerationRequest,
  context: GenerationContext,
) => AsyncGenerator<GenerationEvent>;

/** Layer around a generation. It may change the request, change the events, or generate again. */
export type GenerationMiddleware = (next: Generate) => Generate;

/**
 * Joins middleware into one, the outermost first.
 *
 * @example compose(pictures, promptInjection)(generateBy(backend))(request, context)
 */
export function compose(...layers: readonly GenerationMiddleware[]): GenerationMiddleware {
  return (innermost) => layers.reduceRight((next, layer) => layer(next), innermost);
}

/** Innermost generation: the backend's own. */
export function generateBy(backend: Backend): Generate {
  return (request, { signal, ending }) => backend.generate(request, signal, ending);
}

/** Innermost generation of a token count: yields only `admitted`, with the tokens that the backend counts. */
export function countBy(backend: Backend): Generate {
  return async function* count(request, { signal }) {
    yield { type: 'admitted', inputTokens: await backend.countTokens(request, signal) };
  };
}
