import type { Backend, Capabilities, GenerationRequest } from '../../src/core/backend.ts';
import type { GenerationEvent } from '../../src/core/events.ts';

/** What a scripted model does with a request; it is admitted before the script begins. */
export type Script = (
  request: GenerationRequest,
  signal: AbortSignal,
) => AsyncIterable<GenerationEvent>;

export interface ScriptedOptions {
  readonly script: Script;
  readonly capabilities?: Partial<Capabilities>;
  /** What every prompt counts, in tokens. */
  readonly promptTokens?: number;
}

const EVERYTHING: Capabilities = {
  contextTokens: 200_000,
  thinking: 'switchable',
  tools: 'enforced',
  structuredOutput: true,
  images: true,
  documents: true,
  citations: true,
  exactCount: true,
};

/** Plays a script instead of a model, for tests and demos of what stands in front of one. */
export function createScriptedBackend(options: ScriptedOptions): Backend {
  const inputTokens = options.promptTokens ?? 10;
  return {
    kind: 'scripted',
    async capabilities() {
      return { ...EVERYTHING, ...options.capabilities };
    },
    async countTokens() {
      return inputTokens;
    },
    async *generate(request, signal) {
      yield { type: 'admitted', inputTokens };
      yield* options.script(request, signal);
    },
    async close() {
      // It holds nothing.
    },
  };
}
