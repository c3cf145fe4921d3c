import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Anthropic from 'anthropic-sdk-1';
import { expect, it, vi } from 'vitest';
import { MINI } from '../support/requests.ts';
import { startServer } from '../support/server.ts';

const RIVER = `${'The river is calm, the night is long. '.repeat(40)}Count from 1 to 3`;

it('goes on with a conversation after a kill, with the model loaded ahead', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
  const environment = { PORTICO_HOME: home };
  const first = await startServer({ environment });
  const ask = (url: string, messages: Anthropic.MessageParam[]) =>
    new Anthropic({ baseURL: url, apiKey: 'any' }).messages.create({
      model: 'mini',
      max_tokens: 24,
      messages,
    });
  const asked: Anthropic.MessageParam = { role: 'user', content: RIVER };
  const { content } = await ask(first.url, [asked]);
  const states = path.join(home, 'data', 'states');
  const records = async () =>
    (await readdir(states, { recursive: true })).filter((name) => name.endsWith('.json'));
  await vi.waitFor(async () => expect(await records()).toHaveLength(1), {
    timeout: 40_000,
    interval: 250,
  });
  const [record = ''] = await records();
  const written: unknown = JSON.parse(await readFile(path.join(states, record), 'utf8'));
  expect(written).toMatchObject({ clients: ['Anthropic'] });
  await first.stop('SIGKILL');

  const second = await startServer({ environment, args: ['--preload', 'mini'] });
  try {
    await vi.waitFor(() => expect(second.stderr() + second.stdout()).toContain('restored'), {
      timeout: 40_000,
      interval: 100,
    });
    const listed = await fetch(`${second.url}/portico/models`);
    expect(await listed.json()).toMatchObject({ models: [{ name: 'mini' }] });
    const { usage } = await ask(second.url, [
      asked,
      { role: 'assistant', content },
      { role: 'user', content: 'Count from 1 to 4' },
    ]);
    const read = usage.cache_read_input_tokens ?? 0;
    expect(read / (read + usage.input_tokens)).toBeGreaterThan(0.9);
  } finally {
    await second.stop();
    await rm(home, { recursive: true, force: true });
  }
});

it('loads a model ahead whose entry says so', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
  const entry = `{ backend: llama, file: ${MINI.file}, preload: true }`;
  await writeFile(path.join(home, 'models.yaml'), `models:\n  mine: ${entry}\n`);
  const server = await startServer({ environment: { PORTICO_HOME: home } });
  try {
    await vi.waitFor(
      async () => {
        const listed = await fetch(`${server.url}/portico/models`);
        expect(await listed.json()).toMatchObject({ models: [{ name: 'mine' }] });
      },
      { timeout: 40_000, interval: 100 },
    );
  } finally {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  }
});

it('logs a model that can’t be preloaded', async () => {
  const server = await startServer({ args: ['--preload', 'missing'] });
  try {
    await vi.waitFor(() =>
      expect(server.stderr() + server.stdout()).toContain(
        "missing can't be loaded ahead of its first request",
      ),
    );
  } finally {
    await server.stop();
  }
});
