import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import type { EngineTask } from '../../../../src/backends/local/engine-settings.ts';
import { startChild } from '../../../../src/backends/local/worker/child-process.ts';
import { REPOSITORY } from '../../../support/server.ts';

const MODULE = pathToFileURL(`${REPOSITORY}/test/support/environment-child.mjs`);
const HEAP = '--max-semi-space-size=2';

async function settingsOf(
  runner: EngineTask['runner'],
  threads: number,
  environment: NodeJS.ProcessEnv = {},
): Promise<unknown> {
  const spec: EngineTask['spec'] = { name: 'model', backend: 'llama', file: 'model.gguf' };
  const task: EngineTask = {
    runner,
    spec,
    settings: { threads, context: undefined, queueLimit: 1 },
  };
  const [settings]: unknown[] = await once(startChild(MODULE, task, environment), 'message');
  return settings;
}

it('starts an engine with as many worker threads as its model may use, and one arena', async () => {
  expect(await settingsOf('llama-cpp', 1)).toEqual({ arenas: '1', threads: '1', heap: HEAP });
  expect(await settingsOf('llama-cpp', 16)).toEqual({ arenas: '1', threads: '4', heap: HEAP });
});

it('leaves the vision runner threads beside the one that evaluates an answer', async () => {
  expect(await settingsOf('llama-node', 1)).toEqual({ arenas: '1', heap: HEAP });
});

it('prefers settings of the environment', async () => {
  const environment = { MALLOC_ARENA_MAX: '3', UV_THREADPOOL_SIZE: '7' };
  expect(await settingsOf('llama-cpp', 1, environment)).toMatchObject({
    arenas: '3',
    threads: '7',
  });
});
