import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runHere } from '../support/command-line.ts';
import { eventsOf } from '../support/event-stream.ts';
import { endless, messageOf, post, request, textOf } from '../support/messages-api.ts';
import { findOnPath, isMissing } from '../support/optional.ts';
import { childrenOf } from '../support/processes.ts';
import { bannerOf, runPortico, startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { serve } from '../support/upstream/replay.ts';
import { covers } from '../support/covers.ts';

const SHUTDOWN_MS = 10_000;

const FIRST_WORD = 'data: {"choices":[{"index":0,"delta":{"content":"Wait"}}]}\n\n';

/** Time for what takes a moment; a busy machine may need more. */
const SOON = { timeout: 20_000 };

/** True if a server takes new requests. */
function isOpen(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    () => true,
    () => false,
  );
}

describe('what a new user sees', () => {
  covers('R2.0-banner', 'R2.9-default', 'R2.0-curl', 'R2.0-embedded', 'R2.2-port-taken');

  it('what is served, a curl line, the environment lines', async () => {
    const server = await sharedServer();
    const banner = await bannerOf(server);
    expect(banner).toContain('mini');
    expect(banner).toContain(`curl ${server.url}/v1/messages`);
    expect(banner).toContain(`ANTHROPIC_BASE_URL=${server.url}`);
    expect(banner).toMatch(/ANTHROPIC_(AUTH_TOKEN|API_KEY)=\S+/);
  });

  const curl = findOnPath('curl');
  it.skipIf(isMissing('curl', curl, 'install it'))(
    'the curl line, pasted, is answered',
    async () => {
      const server = await sharedServer();
      const line = /^ *curl .*(?:\\\n.*)*$/m.exec(await bannerOf(server))?.[0] ?? '';
      const { stdout } = await promisify(execFile)('sh', ['-c', line]);
      expect(textOf(await messageOf(new Response(stdout)))).not.toBe('');
    },
  );

  it('one line where the port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const { code, stdout, stderr } = await runPortico(['serve', '--port', String(port)]);
    holder.close();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(String(port));
    expect(stderr).toContain('--port');
    expect(stdout).not.toContain('ANTHROPIC_BASE_URL');
  });
});

describe('the end', () => {
  covers('R2.2-shutdown');

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s lets a running answer finish, takes no new one, and leaves no process',
    async (signal) => {
      const server = await startServer();
      const body = endless({ stream: true, max_tokens: 400 });
      const events = eventsOf(await post(`${server.url}/v1/messages`, body));
      // The model is loaded by then, which takes most of the time on a busy machine.
      while ((await events.next()).value?.event !== 'content_block_delta');
      const [engine = 0] = await childrenOf(server.process.pid ?? 0);
      expect(engine).toBeGreaterThan(0);
      const ended = server.stop(signal);
      await expect.poll(() => isOpen(server.url), SOON).toBe(false);
      const names: string[] = [];
      for await (const { event } of events) names.push(event);
      expect(names.at(-1)).toBe('message_stop');
      expect(await ended).toBe(0);
      expect(() => process.kill(engine, 0)).toThrow('ESRCH');
    },
  );

  it('comes after 10 s even where an answer does not end', async () => {
    // A model server that falls silent takes no processor time.
    const silent = await serve((incoming, response) => {
      if (incoming.method === 'GET') response.end('{}');
      else response.setHeader('content-type', 'text/event-stream').write(FIRST_WORD);
    });
    onTestFinished(() => silent.close());
    const entry = `{ backend: openai, upstream: silent, url: "${silent.url}" }`;
    const server = await startServer({ registry: `models:\n  silent: ${entry}\n` });
    const body = request('Hello', { model: 'silent', stream: true });
    const events = eventsOf(await post(`${server.url}/v1/messages`, body));
    await events.next();
    const started = performance.now();
    const ended = server.stop();
    const names: string[] = [];
    for await (const { event } of events) names.push(event);
    expect(await ended).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(SHUTDOWN_MS - 100);
    expect(names.at(-1)).toBe('error');
  });
});

describe('a running server', () => {
  covers('R2.10-follow', 'R2.2-cp', 'R2.10-broken');

  it('follows cp and rm', async () => {
    const server = await sharedServer();
    const body = request('Hello', { model: 'my-own-name' });
    const status = async () => (await post(`${server.url}/v1/messages`, body)).status;
    expect(await status()).toBe(404);
    const home = { PORTICO_HOME: server.home };
    expect(await runHere(['cp', 'mini', 'my-own-name'], home)).toMatchObject({ code: 0 });
    await expect.poll(status, SOON).toBe(200);
    expect(await runHere(['rm', 'my-own-name'], home)).toMatchObject({ code: 0 });
    await expect.poll(status, SOON).toBe(404);
  });

  it('keeps the last good registry of a broken file', async () => {
    const server = await sharedServer();
    const file = path.join(server.home, 'models.yaml');
    const good = await readFile(file, 'utf8');
    const written = () => server.stdout() + server.stderr();
    expect(written()).not.toMatch(/models\.yaml:\d+:\d+/);
    onTestFinished(() => writeFile(file, good));
    await writeFile(file, 'aliases:\n  first-alias: [mini\n');
    await expect.poll(written, { timeout: 10_000 }).toMatch(/models\.yaml:\d+:\d+/);
    const body = request('Count from 1 to 3', { model: 'first-alias' });
    const response = await post(`${server.url}/v1/messages`, body);
    expect(textOf(await messageOf(response))).toBe('1, 2, 3');
  });
});

describe('what outlives the server', () => {
  covers('R2.5-signature-key', 'R2.5-signature-check');

  it('is its signing key, readable by its owner only', async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'portico-home-'));
    const question = { role: 'user', content: 'Count from 1 to 3' };
    const thinking = { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 1500 };
    const start = () => startServer({ environment: { PORTICO_HOME: home } });
    const ask = ({ url }: RunningServer, messages: readonly object[]) =>
      post(`${url}/v1/messages`, request('', { ...thinking, messages }));
    const before = await start();
    const { content } = await messageOf(await ask(before, [question]));
    expect(await before.stop()).toBe(0);
    const [kept] = content;
    if (kept?.type !== 'thinking') throw new Error('It did not think.');
    expect(await filesOpenToOthers(path.join(home, 'data'))).toEqual([]);
    const [prefix, keyId, mac = ''] = kept.signature.split('.');
    const altered = [prefix, keyId, mac.replace(/./, (first) => (first === 'A' ? 'B' : 'A'))];
    const after = await start();
    for (const [signature, status] of [
      [kept.signature, 200],
      [altered.join('.'), 400],
      ['of another server', 200],
    ] as const) {
      const turn = { role: 'assistant', content: [{ ...kept, signature }, ...content.slice(1)] };
      const response = await ask(after, [question, turn, question]);
      expect([signature, response.status]).toEqual([signature, status]);
    }
    expect(await after.stop()).toBe(0);
    await rm(home, { recursive: true });
  });
});

/** The files of a folder that others than the owner may read or write. */
async function filesOpenToOthers(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  expect(names).not.toEqual([]);
  const modes = await Promise.all(names.map((name) => stat(path.join(folder, name))));
  return names.filter((_, index) => ((modes[index]?.mode ?? 0) & 0o077) !== 0);
}
