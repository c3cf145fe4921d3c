import { describe, expect, it, onTestFinished } from 'vitest';
import { isRunning } from '../../src/core/running.ts';
import { MINI_FILE } from '../support/engine-variant.ts';
import { isLlamaServerMissing, LLAMA_SERVER, serversOf } from '../support/llama-server.ts';
import { messageOf, post, request, textOf } from '../support/messages-api.ts';
import { childrenOf } from '../support/processes.ts';
import { runPortico, startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';

const REGISTRY = `
default: served
models:
  served: { backend: llama, engine: llama-server, file: ${MINI_FILE}, context: 4096 }
`;

/** A server whose default model is run by llama-server. */
async function servedServer(environment: Readonly<Record<string, string>> = {}) {
  const server = await startServer({
    registry: REGISTRY,
    args: ['--llama-server', LLAMA_SERVER ?? ''],
    environment,
  });
  onTestFinished(async () => void (await server.stop('SIGKILL')));
  return server;
}

async function ask(server: RunningServer, text: string) {
  return messageOf(await post(`${server.url}/v1/messages`, request(text, { model: 'served' })));
}

/** The process ids of the llama-servers of a server. */
async function programsOf(server: RunningServer): Promise<readonly number[]> {
  const engines = await childrenOf(server.process.pid ?? 0);
  return (await Promise.all(engines.map(serversOf))).flat();
}

describe.skipIf(isLlamaServerMissing())('a model with engine: llama-server', () => {
  it('is answered, listed by ps, and leaves no process after a SIGKILL of the server', async () => {
    const server = await servedServer();
    expect(textOf(await ask(server, 'Count from 1 to 3'))).toBe('1, 2, 3');
    const { stdout } = await runPortico(['ps'], { PORTICO_PORT: new URL(server.url).port });
    expect(stdout).toMatch(/served .*CPU/);
    const programs = await programsOf(server);
    expect(programs).toHaveLength(1);
    server.process.kill('SIGKILL');
    await expect.poll(() => programs.some(isRunning)).toBe(false);
  });

  it('leaves no process after its keep-alive', async () => {
    const server = await servedServer({ PORTICO_KEEP_ALIVE: '0' });
    await ask(server, 'Count from 1 to 3');
    await expect.poll(() => programsOf(server)).toEqual([]);
  });
});
