// An engine that fails as a prompt says: by an error that nothing catches, or for lack of heap.
import { serveEngine } from '../../dist/backends/local/worker/server.js';

const engine = {
  capabilities: async () => ({ contextTokens: 100 }),
  status: async () => undefined,
  countTokens: async () => 1,
  close: async () => undefined,
  async *generate(request) {
    yield { type: 'admitted', inputTokens: 1 };
    if (JSON.stringify(request).includes('THROW')) {
      setImmediate(() => {
        throw new TypeError('it is not a function');
      });
      await new Promise(() => undefined);
    }
    for (const all = []; ;) all.push(Array.from({ length: 100_000 }, Math.random));
  },
};

serveEngine(async () => engine);
