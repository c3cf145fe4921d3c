import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createLocalBackend } from '../../src/backends/local/backend.ts';
import type { LocalBackendOptions } from '../../src/backends/local/backend.ts';
import type { LocalSpec } from '../../src/backends/local/spec.ts';
import type { Backend } from '../../src/core/backend.ts';
import { ENGINE } from './engine-variant.ts';
import { isMissing } from './optional.ts';
import { MINI } from './requests.ts';

/** Program of llama-server; `.ci/run` downloads one. */
export const LLAMA_SERVER = process.env['PORTICO_TEST_LLAMA_SERVER'];

/** The embedded model, run by llama-server. */
export const SERVED: LocalSpec = { ...MINI, name: 'mini-served', engine: 'llama-server' };

/** Reports a missing llama-server in one line, for `describe.skipIf`. */
export function isLlamaServerMissing(): boolean {
  return isMissing('llama-server', LLAMA_SERVER, 'name it in PORTICO_TEST_LLAMA_SERVER');
}

/** A backend that runs its models by llama-server, with its states in a folder of its own. */
export function openServed(options: Partial<LocalBackendOptions> = {}): {
  readonly backend: Backend;
  readonly close: () => Promise<void>;
} {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-served-'));
  const backend = createLocalBackend({
    engine: 'isolated',
    ...ENGINE,
    context: undefined,
    queueLimit: 8,
    llamaServer: LLAMA_SERVER,
    states: { folder, limitBytes: 2 ** 26 },
    log: () => undefined,
    childModule: new URL('../../dist/backends/local/worker/child.js', import.meta.url),
    ...options,
  });
  return {
    backend,
    close: async () => {
      await backend.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The process ids of the llama-servers of an engine. */
export async function serversOf(engine: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'ppid=,pid=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, parent, pid, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === engine && command.includes(' --slot-save-path ') ? [Number(pid)] : [];
  });
}
