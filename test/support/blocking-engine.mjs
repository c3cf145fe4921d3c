// An engine that blocks its main thread in native code when a prompt says BLOCK, or another one when it says STICK.
// Run by child processes.
import { serveEngine } from '../../dist/backends/local/worker/server.js';

/** Work of the other thread, once it hangs. */
let stuck;

const engine = {
  capabilities: async () => ({ contextTokens: 100 }),
  status: async () => undefined,
  countTokens: async () => 1,
  close: async () => undefined,
  keep: async () => stuck,
  async *generate(request) {
    yield { type: 'admitted', inputTokens: 1 };
    if (JSON.stringify(request).includes('BLOCK')) {
      // What was said so far has to be sent first.
      await new Promise((resolve) => setTimeout(resolve, 50));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    if (JSON.stringify(request).includes('STICK')) stuck = new Promise(() => undefined);
    await stuck;
    yield { type: 'text-delta', text: 'answered' };
  },
};

serveEngine(async () => engine);
