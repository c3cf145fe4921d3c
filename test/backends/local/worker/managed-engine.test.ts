import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../../src/backends/local/engine.ts';
import { ManagedEngine } from '../../../../src/backends/local/worker/managed-engine.ts';

describe('an engine that is closed', () => {
  it('ends once, and accepts no more requests', async () => {
    const calls: string[] = [];
    const note = (call: string) => () => void calls.push(call);
    const managed = new ManagedEngine({
      name: 'mini',
      keepAlive: 'always',
      retired: note('retired'),
      ended: note('ended'),
      changed: note('changed'),
    });
    const unused = () => Promise.reject(new Error('It is not used here.'));
    const engine: Engine = {
      capabilities: unused,
      countTokens: unused,
      status: unused,
      generate: async function* generate() {},
      close: async () => note('closed')(),
    };
    managed.open(Promise.resolve(engine));
    await Promise.all([managed.close(), managed.close()]);
    expect(managed.ending).toBe(true);
    expect(calls).toEqual(['retired', 'closed', 'ended']);
  });
});
