import { createDocumentLoader } from '../../src/documents/loader.ts';
import { createImageLoader } from '../../src/images/loader.ts';
import { createChain } from '../../src/pipeline/chain.ts';
import { generateBy } from '../../src/pipeline/middleware.ts';
import type { Generate, GenerationContext } from '../../src/pipeline/middleware.ts';
import type { Backend, Capabilities, GenerationRequest } from '../../src/core/backend.ts';
import type { GenerationEvent } from '../../src/core/events.ts';

const CAPABILITIES: Capabilities = {
  contextTokens: 8192,
  thinking: 'switchable',
  tools: 'auto',
  structuredOutput: true,
  images: true,
  documents: true,
  citations: true,
  exactCount: true,
};

/** Context of a model that is held to nothing, for a middleware alone. */
export const CONTEXT: GenerationContext = {
  capabilities: CAPABILITIES,
  backend: {},
  signal: new AbortController().signal,
  countTokens: async () => 0,
};

/** A backend's answer through the whole chain, for requests without server tools. */
export async function* generateThroughChain(
  backend: Backend,
  request: GenerationRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const capabilities = await backend.capabilities(request.model, signal);
  const chain = createChain({
    images: createImageLoader(),
    documents: createDocumentLoader(),
    services: { log: () => undefined },
  });
  yield* chain(generateBy(backend))(request, {
    capabilities,
    backend,
    signal,
    countTokens: (counted) => backend.countTokens(counted, signal),
  });
}

/** A generation that plays answers one after the other, and notes the requests for them. */
export function playAnswers(answers: (index: number) => readonly GenerationEvent[]): {
  readonly next: Generate;
  readonly requests: GenerationRequest[];
} {
  const requests: GenerationRequest[] = [];
  return {
    requests,
    async *next(request) {
      const events = answers(requests.length);
      requests.push(request);
      yield* events;
    },
  };
}
