import { describe } from 'vitest';
import { createOllamaBackend } from '../../src/backends/ollama/backend.ts';
import { ollama } from '../backends/ollama/peers.ts';
import { modelSpec } from '../backends/ollama/requests.ts';
import { startBreakable } from '../support/upstream/breakable.ts';
import { findPeers } from '../support/upstream/peers.ts';
import { describeBreakContract } from './break.ts';
import { describeContract } from './contract.ts';
import { describeToolContract } from './tools.ts';
import { covers } from '../support/covers.ts';

for (const peer of await findPeers(ollama)) {
  describe(`Ollama, with tools: ${peer.name}`, () => {
    covers('R4.7-calls', 'R4.7-forced');

    describeToolContract(async () => {
      const { url, close } = await peer.open('contract-tools');
      return { backend: createOllamaBackend(), model: modelSpec('mini-tools', { url }), close };
    });
  });
}

for (const peer of await findPeers(ollama)) {
  describe(`Ollama: ${peer.name}`, () => {
    covers('R2.8-contract', 'R4.7-cancel');

    describeContract(async () => {
      const { url, close } = await peer.open('contract');
      const model = modelSpec('mini-think', { url });
      return { backend: createOllamaBackend(), model, estimates: true, close };
    });
  });
}

for (const peer of await findPeers(ollama)) {
  describe(`Ollama, going away: ${peer.name}`, () => {
    covers('R4.7-errors');

    describeBreakContract(async () => {
      const server = await peer.open('contract-break');
      const broken = await startBreakable(server.url);
      return {
        backend: createOllamaBackend(),
        model: modelSpec('mini-think', { url: broken.url }),
        breakNext: () => broken.breakNext(3),
        close: async () => {
          await broken.close();
          await server.close();
        },
      };
    });
  });
}
