import { describe } from 'vitest';
import { createOllamaBackend } from '../../src/backends/ollama/backend.ts';
import { ollama } from '../backends/ollama/peers.ts';
import { modelSpec } from '../backends/ollama/requests.ts';
import { entry, llamaServer, openBackend } from '../backends/openai/peers.ts';
import { findPeers } from '../support/upstream/peers.ts';
import type { ServerKind } from '../support/upstream/peers.ts';
import { describeImageContract } from './images.ts';
import { covers } from '../support/covers.ts';

/** Ollama with the embedded model and a projector of random weights. */
const seeingOllama: ServerKind = {
  ...ollama,
  command:
    'ollama create mini-sees -f test/fixtures/ollama/mini-sees.Modelfile; ' +
    'OLLAMA_HOST=HOST PORTICO_RECORD=1 npx vitest run test/contract/images.test.ts',
  async problemOf(url) {
    const body = JSON.stringify({ model: 'mini-sees' });
    const signal = AbortSignal.timeout(2_000);
    try {
      const { ok } = await fetch(`${url}/api/show`, { method: 'POST', body, signal });
      return ok ? undefined : 'it lacks mini-sees; see test/fixtures/ollama/mini-sees.Modelfile';
    } catch (error) {
      return String(error);
    }
  },
};

/** llama-server with the same. */
const seeingLlamaServer: ServerKind = {
  ...llamaServer,
  command: llamaServer.command
    .replace('--alias mini', '--mmproj test/fixtures/tower.gguf --alias mini')
    .replace('test/backends/openai test/contract/openai.test.ts', 'test/contract/images.test.ts'),
  async problemOf(url) {
    const problem = await llamaServer.problemOf(url);
    if (problem !== undefined) return problem;
    const response = await fetch(`${url}/props`, { signal: AbortSignal.timeout(2_000) });
    const { modalities } = (await response.json()) as { modalities?: { vision?: boolean } };
    return modalities?.vision === true ? undefined : 'it lacks --mmproj test/fixtures/tower.gguf';
  },
};

for (const peer of await findPeers(seeingOllama)) {
  describe(`Ollama, seeing: ${peer.name}`, () => {
    covers('R4.7-images', 'R4.1-images');

    describeImageContract(async () => {
      const { url, close } = await peer.open('contract-images');
      return { backend: createOllamaBackend(), model: modelSpec('mini-sees', { url }), close };
    });
  });
}

for (const peer of await findPeers(seeingLlamaServer)) {
  describe(`llama-server, seeing: ${peer.name}`, () => {
    covers('R4.7-images', 'R4.2-images');

    describeImageContract(async () => {
      const { url, close } = await peer.open('contract-images');
      return { backend: openBackend(), model: entry(url), close };
    });
  });
}
