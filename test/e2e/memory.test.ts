import { expect, it } from 'vitest';
import { z } from 'zod';
import { ask } from '../support/asking.ts';
import { runHere } from '../support/command-line.ts';
import { childrenOf } from '../support/processes.ts';
import { startServer } from '../support/server.ts';
import { MINI_FILE } from '../support/engine-variant.ts';
import { covers } from '../support/covers.ts';

covers('R6.4-keep-alive', 'R6.4-eviction', 'R6.6-told');

const entry = (name: string) =>
  `  ${name}: { backend: llama, file: ${MINI_FILE}, context: 8192 }\n`;

const LISTING = z.object({
  models: z.array(z.object({ name: z.string(), device: z.string(), unloadsInMs: z.number() })),
});

it('serve caches what its flags allow, and logs it', async () => {
  const server = await startServer({
    args: ['--memory', '40MB', '--parallel', '1', '--keep-alive', '20s'],
    registry: `models:\n${entry('first')}${entry('second')}`,
  });
  const loaded = async () => {
    const { stdout } = await runHere(['ps', '--json', '--port', new URL(server.url).port]);
    return LISTING.parse(JSON.parse(stdout)).models;
  };
  const messages = [{ role: 'user', content: 'Count from 1 to 3' }];
  for (const model of ['first', 'second']) {
    const response = await ask(server.url, { model, messages, max_tokens: 30 }, '');
    expect(await response.text()).toContain('1, 2, 3');
  }
  const [model, ...others] = await loaded();
  expect(others).toEqual([]);
  expect(model?.name).toBe('second');
  expect(model?.unloadsInMs).toBeLessThanOrEqual(20_000);
  const log = server.stdout() + server.stderr();
  expect(log).toContain('first is unloaded for second now');
  expect(log).toContain(`second runs on ${model?.device} with 1 thread, 1 slot`);
  const engines = () => childrenOf(server.process.pid ?? 0);
  expect(await engines()).toHaveLength(1);
  await expect.poll(engines, { timeout: 40_000 }).toEqual([]);
  expect(await loaded()).toEqual([]);
  await server.stop();
}, 120_000);
