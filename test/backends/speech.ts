import { createOllamaBackend } from '../../src/backends/ollama/backend.ts';
import type { Backend } from '../../src/core/backend.ts';
import type { ModelSpec } from '../../src/core/model.ts';
import { modelSpec } from './ollama/requests.ts';
import { entry, openBackend } from './openai/peers.ts';

/** Protocol of a kind of server, and the backend that speaks it. */
export interface Speech {
  readonly kind: string;
  readonly open: () => Backend;
  readonly model: (url: string) => ModelSpec;
  /** The path of requests for an answer. */
  readonly path: string;
  readonly mediaType: string;
  /** Frames that send `One`, and that end the answer after it. */
  readonly first: string;
  readonly end: string;
  /** Body of the answer to any other path, with the status 200. */
  readonly other: string;
}

/** Protocols of all backends that use other servers. */
export const SPEECHES: readonly Speech[] = [
  {
    kind: 'Ollama',
    open: () => createOllamaBackend(),
    model: (url) => modelSpec('mini', { url }),
    path: '/api/chat',
    mediaType: 'application/x-ndjson',
    first: '{"message":{"role":"assistant","content":"One"},"done":false}\n',
    end: '{"message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":2}\n',
    other: '{"details":{}}',
  },
  {
    kind: 'OpenAI’s API',
    open: () => openBackend(),
    model: (url) => entry(url),
    path: '/v1/chat/completions',
    mediaType: 'text/event-stream',
    first: 'data: {"choices":[{"delta":{"content":"One"}}]}\n\n',
    end: 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    other: '{"count":7}',
  },
];
