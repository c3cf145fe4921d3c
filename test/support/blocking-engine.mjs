// An engine that blocks its main thread in native code when a prompt says BLOCK. Run by child processes.
import { serveEngine } from '../../dist/backends/local/worker/server.js';

const engine = {
  capabilities: async () => ({ contextTokens: 100 }),
  status: async () => undefined,
  countTokens: async () => 1,
  close: async () => undefined,
  async *generate(request) {
    yield { type: 'admitted', inputTokens: 1 };
    if (JSON.stringify(request).includes('BLOCK')) {
      // What was said so far has to be sent first.
      await new Promise((resolve) => setTimeout(resolve, 50));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    yield { type: 'text-delta', text: 'answered' };
  },
};

serveEngine(async () => engine);
