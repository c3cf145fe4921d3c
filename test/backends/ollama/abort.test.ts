import { EventEmitter, once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createOllamaBackend } from '../../../src/backends/ollama/backend.ts';
import type { Backend } from '../../../src/core/backend.ts';
import { serve } from '../../support/upstream/replay.ts';
import { ask, modelSpec } from './requests.ts';
import { covers } from '../../support/covers.ts';

describe('a prompt that is being counted', () => {
  covers('R2.8-abort');

  it.each([
    ['its count is aborted', (client: AbortController) => client.abort()],
    ['the backend is closed', (_: AbortController, backend: Backend) => void backend.close()],
  ])('is counted no longer when %s', async (_when, end) => {
    const backend = createOllamaBackend();
    onTestFinished(() => backend.close());
    const seen = new EventEmitter();
    const closed = once(seen, 'closed', { signal: AbortSignal.timeout(5_000) });
    const client = new AbortController();
    const server = await serve((request, response) => {
      if (request.url === '/api/show') {
        response.setHeader('content-type', 'application/json').end('{"details":{}}');
        return;
      }
      request.socket.once('close', () => seen.emit('closed'));
      request.resume().once('end', () => end(client, backend));
    });
    onTestFinished(server.close);
    const request = ask(modelSpec('mini', { url: server.url }), 'Hi');
    await expect(backend.countTokens(request, client.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect(closed).resolves.toEqual([]);
  });
});
