import { describe } from 'vitest';
import { entry, llamaServer, openBackend } from '../backends/openai/peers.ts';
import { findPeers } from '../support/upstream/peers.ts';
import { describeContract } from './contract.ts';
import { describeToolContract } from './tools.ts';

for (const peer of await findPeers(llamaServer)) {
  describe(`[R4.7-calls] llama-server, with tools: ${peer.name}`, () => {
    describeToolContract(async () => {
      const { url, close } = await peer.open('contract-tools');
      return { backend: openBackend(), model: entry(url), close };
    });
  });

  describe(`[R4.7-openai] llama-server: ${peer.name}`, () => {
    describeContract(async () => {
      const { url, close } = await peer.open('contract');
      return { backend: openBackend(), model: entry(url), close };
    });
  });
}
