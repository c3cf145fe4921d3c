import { describe } from 'vitest';
import { entry, llamaServer, openBackend } from '../backends/openai/peers.ts';
import { startBreakable } from '../support/upstream/breakable.ts';
import { findPeers } from '../support/upstream/peers.ts';
import { describeBreakContract } from './break.ts';
import { describeContract } from './contract.ts';
import { describeToolContract } from './tools.ts';
import { covers } from '../support/covers.ts';

for (const peer of await findPeers(llamaServer)) {
  describe(`llama-server, with tools: ${peer.name}`, () => {
    covers('R4.7-calls', 'R4.7-forced');

    describeToolContract(async () => {
      const { url, close } = await peer.open('contract-tools');
      return { backend: openBackend(), model: entry(url), close };
    });
  });

  describe(`llama-server: ${peer.name}`, () => {
    covers('R4.7-openai', 'R4.7-cancel');

    describeContract(async () => {
      const { url, close } = await peer.open('contract');
      return { backend: openBackend(), model: entry(url), close };
    });
  });

  describe(`llama-server, going away: ${peer.name}`, () => {
    covers('R4.7-errors');

    describeBreakContract(async () => {
      const server = await peer.open('contract-break');
      const broken = await startBreakable(server.url);
      return {
        backend: openBackend(),
        model: entry(broken.url),
        breakNext: () => broken.breakNext(3),
        close: async () => {
          await broken.close();
          await server.close();
        },
      };
    });
  });
}
