import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { ask, freePort } from '../support/asking.ts';
import { runHere } from '../support/command-line.ts';
import { endless } from '../support/messages-api.ts';
import { childrenOf } from '../support/processes.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { covers } from '../support/covers.ts';

const LISTING = z.strictObject({
  models: z.array(
    z.strictObject({
      name: z.string(),
      engine: z.enum(['text', 'vision']),
      device: z.string().min(1),
      sizeBytes: z.number().min(2_000_000),
      contextTokens: z.literal(8192),
      slots: z.strictObject({ busy: z.number(), total: z.number() }),
      waiting: z.number(),
      idleMs: z.number().min(0),
      kept: z.strictObject({ count: z.int(), bytes: z.int() }),
      unloadsInMs: z.number().max(300_000).nullable(),
    }),
  ),
});

describe.each(['isolated', 'in-process'])('with an engine that is %s', (engine) => {
  covers('R4.6-ps', 'R4.6-stop', 'R12.2-hung');

  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({
      args: ['--engine', engine, '--api-key', 'secret', '--parallel', '1'],
      registry: 'aliases:\n  tiny: mini\n',
    });
  });
  afterAll(() => server.stop());

  const portico = (command: string, ...args: string[]) =>
    runHere([command, '--port', new URL(server.url).port, '--api-key', 'secret', ...args]);
  const loaded = async () =>
    LISTING.parse(JSON.parse((await portico('ps', '--json')).stdout)).models;
  const say = (content: string) =>
    ask(
      server.url,
      { messages: [{ role: 'user', content }], max_tokens: 4000, stream: true },
      'secret',
    );

  it('ps lists what is loaded, where, and how busy it is', async () => {
    expect(await loaded()).toEqual([]);
    await (await say('Hello')).text();
    const [model, ...others] = await loaded();
    expect(others).toEqual([]);
    expect(model).toMatchObject({ name: 'mini', slots: { busy: 0 }, waiting: 0 });
    const { stdout } = await portico('ps');
    expect(stdout).toMatch(
      /^NAME +SIZE +DEVICE +CONTEXT +SLOTS BUSY +IDLE +LEAVES IN +KEPT PROMPTS\nmini +\d\.\d+ MB +\S.* +8192 +0 of \d +\d+ s +\d.* +\d+ \(\d.*B\)\n$/,
    );
  });

  it('stop frees it, by its name or an alias, and the next request loads it again', async () => {
    await (await say('Hello')).text();
    expect(await portico('stop', 'tiny')).toEqual({
      code: 0,
      stdout: "stopped 'tiny'\n",
      stderr: '',
    });
    expect(await loaded()).toEqual([]);
    const again = await portico('stop', 'mini');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/^Error: mini is not loaded.*loaded models: none\n$/);
    await (await say('Hello')).text();
    expect(await loaded()).toHaveLength(1);
  });

  it('stop leaves a model that answers alone, unless it is forced', async () => {
    // The answers after the first one last until three commands have run.
    const start = () => ask(server.url, endless({ stream: true }), 'secret');
    const answers = [await start(), await start(), await start()];
    // An answer is admitted before its model is loaded.
    await expect
      .poll(async () => (await loaded())[0], { timeout: 20_000 })
      .toMatchObject({ slots: { busy: 1 }, idleMs: 0 });
    const refused = await portico('stop', 'mini');
    expect(refused.stderr).toMatch(/^Error: mini has \d requests? to answer; .*--force mini\n$/);
    expect(await portico('stop', '--force', '--json', 'mini')).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify({ stopped: 'mini' }, undefined, 2)}\n`,
    });
    expect(await loaded()).toEqual([]);
    for (const { body } of answers) await body?.cancel();
    expect(await (await say('Hello')).text()).toContain('message_stop');
  });

  if (engine !== 'isolated') return;

  it('ps lists one that hangs as not responding, and stop ends it', async () => {
    await portico('stop', 'mini');
    const others = await childrenOf(server.process.pid ?? 0);
    await (await say('Hello')).text();
    const children = await childrenOf(server.process.pid ?? 0);
    const [hung = 0] = children.filter((pid) => !others.includes(pid));
    // The list of a hung engine has the last known figures.
    expect(await loaded()).toHaveLength(1);
    process.kill(hung, 'SIGSTOP');
    expect((await portico('ps')).stdout).toMatch(
      /\nmini +\d\.\d+ MB +\S.* +8192 +not responding +/,
    );
    expect(await portico('stop', 'mini')).toMatchObject({ code: 0, stdout: "stopped 'mini'\n" });
    expect(await childrenOf(server.process.pid ?? 0)).not.toContain(hung);
    expect((await say('Hello')).status).toBe(200);
  });
});

describe('without a server', () => {
  covers('R4.6-ps');

  it.each(['ps', 'stop'])('%s says how to start one', async (command) => {
    const port = String(await freePort());
    const args = command === 'stop' ? ['mini'] : [];
    const { code, stdout, stderr } = await runHere([command, '--port', port, ...args]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(
        `^Error: no Portico answers at http://127\\.0\\.0\\.1:${port} .*portico serve.*\n$`,
      ),
    );
  });

  it('is distinguished from one that does not answer', async () => {
    const hung = createServer(() => undefined).listen(0);
    await once(hung, 'listening');
    onTestFinished(() => void hung.close());
    const late = vi.spyOn(AbortSignal, 'timeout');
    onTestFinished(() => late.mockRestore());
    late.mockImplementation(() => AbortSignal.abort(new DOMException('late', 'TimeoutError')));
    const { port } = hung.address() as AddressInfo;
    const { code, stderr } = await runHere(['stop', 'mini', '--url', `http://127.0.0.1:${port}`]);
    expect(late.mock.lastCall).toEqual([75_000]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Error: the server at http:.* did not answer in time; see its log.*\n$/,
    );
  });

  it('is distinguished from another program on its port', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n<html>')).listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runHere(['ps', '--url', `http://127.0.0.1:${port}`]);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: .*is not Portico.*\n$/);
  });
});
