import type { Backend, Capabilities, GenerationRequest } from '../../src/core/backend.ts';
import type { GenerationEvent } from '../../src/core/events.ts';

/** Events of a scripted model for a request, after its admission. */
export type Script = (
  request: GenerationRequest,
  signal: AbortSignal,
) => AsyncIterable<GenerationEvent>;

export interface ScriptedOptions {
  readonly script: Script;
  readonly capabilities?: Partial<Capabilities>;
  /** Size of every prompt in tokens. */
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

/** Plays a script instead of a model, for tests and demos of the parts above a backend. */
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
      // It has no resources.
    },
  };
}
