import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startPorticoServer } from '../portico-server.ts';

/** Tokens of the context of each slot. */
const CONTEXT = 8192;
const POLL_MS = 5;
const READY_TIMEOUT_MS = 60_000;

/** Started server. */
export interface RunningPeer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Server with a model, one thread and a context of 8k tokens for each slot. */
export interface Peer {
  readonly name: string;
  start(slots: number): Promise<RunningPeer>;
}

/** Name of the model in requests. llama-server ignores it. */
export const PEER_MODEL = 'peer';

/**
 * Portico with a model from a GGUF file.
 *
 * @param settings further keys of the model's entry
 * @param flags further flags of `portico serve`
 */
export function porticoPeer(
  file: string,
  settings: Readonly<Record<string, unknown>> = {},
  flags: readonly string[] = [],
): Peer {
  const model = { backend: 'llama', file, context: CONTEXT, ...settings };
  const entry = { models: { [PEER_MODEL]: model } };
  return {
    name: 'Portico',
    start: (slots) => {
      const loading = ['--threads', '1', '--parallel', String(slots)];
      return startPorticoServer(JSON.stringify(entry), [...loading, ...flags]);
    },
  };
}

/** llama-server with the same model. */
export function llamaServerPeer(binary: string, file: string): Peer {
  return {
    name: 'llama-server',
    async start(slots) {
      const port = await freePort();
      const model = ['-m', file, '-t', '1', '-c', String(CONTEXT * slots), '-np', String(slots)];
      const address = ['--host', '127.0.0.1', '--port', String(port)];
      const child = spawn(binary, [...model, ...address, '--jinja'], { stdio: 'ignore' });
      const { pid } = child;
      if (pid === undefined) throw new Error(`${binary} could not be started.`);
      const url = `http://127.0.0.1:${port}`;
      await untilReady(`${url}/health`, () => child.exitCode === null);
      return {
        url,
        pid,
        async stop() {
          if (child.exitCode !== null) return;
          child.kill('SIGTERM');
          await once(child, 'exit');
        },
      };
    },
  };
}

async function untilReady(url: string, isAlive: () => boolean): Promise<void> {
  const end = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < end && isAlive()) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return;
    await delay(POLL_MS);
  }
  throw new Error(`${url} did not become ready.`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('There is no free port.');
  return address.port;
}
