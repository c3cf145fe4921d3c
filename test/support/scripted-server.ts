import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createScriptedBackend } from './scripted-backend.ts';
import type { ScriptedOptions } from './scripted-backend.ts';
import type { Backend } from '../../src/core/backend.ts';
import { createApp } from '../../src/http/app.ts';
import type { AppOptions } from '../../src/http/app.ts';
import { createHttpServer } from '../../src/http/server.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { Runtime } from '../../src/pipeline/runtime.ts';
import type { RuntimeOptions } from '../../src/pipeline/runtime.ts';
import { createWires } from '../../src/wires/index.ts';

/** The real HTTP surface on a real port, with a script in place of a model. */
export interface ScriptedServer {
  readonly url: string;
  /** Lines of the log. */
  readonly logged: readonly string[];
  /** Sends a request to the model, and returns the response unchanged. */
  ask(body?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Response>;
  close(): Promise<void>;
}

const REGISTRY: Registry = {
  defaultModel: 'actor',
  models: new Map([
    [
      'actor',
      { spec: { name: 'actor', backend: 'scripted' }, shipped: false, location: 'models.yaml:1:1' },
    ],
  ]),
  aliases: new Map(),
  problems: [],
};

/**
 * Serves one model that plays the script, or a backend of the test's own.
 *
 * @param more further options of the HTTP surface
 * @param runtime further options of the runtime
 */
export async function serveScript(
  options: ScriptedOptions | Backend,
  more: Partial<AppOptions> = {},
  runtime: Partial<RuntimeOptions> = {},
): Promise<ScriptedServer> {
  const backend = 'script' in options ? createScriptedBackend(options) : options;
  const logged: string[] = [];
  const never = new AbortController().signal;
  const app = createApp({
    runtime: new Runtime({
      registry: () => REGISTRY,
      backends: { scripted: async () => backend },
      exists: () => true,
      overflow: 'clamp',
      ...runtime,
    }),
    wires: createWires({ thinkingKey: new Uint8Array(32) }),
    logger: pino({ level: 'trace' }, { write: (line) => void logged.push(line) }),
    stopping: never,
    closing: never,
    apiKeys: [],
    host: '127.0.0.1',
    ...more,
  });
  const server = createHttpServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    logged,
    ask: (body = {}, signal = AbortSignal.timeout(30_000)) =>
      fetch(`${url}/v1/messages`, {
        method: 'POST',
        signal,
        body: JSON.stringify({
          model: 'actor',
          max_tokens: 1000,
          messages: [{ role: 'user', content: 'Hello' }],
          ...body,
        }),
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
