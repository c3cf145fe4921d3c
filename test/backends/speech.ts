import { createOllamaBackend } from '../../src/backends/ollama/backend.ts';
import type { Backend } from '../../src/core/backend.ts';
import type { ModelSpec } from '../../src/core/model.ts';
import { modelSpec } from './ollama/requests.ts';
import { entry, openBackend } from './openai/peers.ts';

/** How a kind of server speaks, and the backend that understands it. */
export interface Speech {
  readonly kind: string;
  readonly open: () => Backend;
  readonly model: (url: string) => ModelSpec;
  /** The path of requests for an answer. */
  readonly path: string;
  readonly mediaType: string;
  /** What says `One`, and what ends an answer behind it. */
  readonly first: string;
  readonly end: string;
  /** What it answers to anything else, with the status 200. */
  readonly other: string;
}

/** Of every backend that asks other servers. */
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
