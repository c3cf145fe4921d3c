import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listNames } from '../../src/launch/client.ts';
import { runHere } from '../support/command-line.ts';
import { SHORT_TEMPLATE, writeModelHeader } from '../support/gguf.ts';
import { post, request } from '../support/messages-api.ts';
import { makePipe } from '../support/pipes.ts';
import { childrenOf } from '../support/processes.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { covers } from '../support/covers.ts';

const MANY = 200;

interface Listed {
  readonly id: string;
  readonly display_name: string;
  readonly description: string | null;
  readonly max_input_tokens: number | null;
  readonly max_tokens: number | null;
  readonly capabilities: unknown;
}

const folder = mkdtempSync(path.join(tmpdir(), 'portico-listing-'));
let server: RunningServer;

/** Entries of models.yaml for files that can be read, and for some that can't. */
function registry(): string {
  const entry = (name: string): string =>
    `  ${name}: { backend: llama, file: ${folder}/${name} }\n`;
  const many = Array.from({ length: MANY }, (_, index) => `many-${index}.gguf`);
  for (const name of many) writeModelHeader(path.join(folder, name), 131_072, SHORT_TEMPLATE);
  writeModelHeader(path.join(folder, 'base.gguf'), 2048);
  writeFileSync(path.join(folder, 'broken.gguf'), 'GGUF, but not really');
  const evil = '  "evil\\e[31m\\u202e:latest": { backend: ollama, description: "red\\e[31m" }\n';
  return `models:\n${evil}${[...many, 'base.gguf', 'broken.gguf', 'pipe.gguf'].map(entry).join('')}`;
}

beforeAll(async () => {
  await makePipe(path.join(folder, 'pipe.gguf'));
  server = await startServer({ registry: registry() });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function list(client = 'a test'): Promise<ReadonlyMap<string, Listed>> {
  const headers = { 'user-agent': client };
  const response = await fetch(`${server.url}/v1/models?limit=1000`, { headers });
  const { data } = (await response.json()) as { data: readonly Listed[] };
  return new Map(data.map((model) => [model.id, model]));
}

const one = async (id: string): Promise<unknown> =>
  (await fetch(`${server.url}/v1/models/${id}`)).json();

describe('a listing of models from files', () => {
  covers('R2.3-models');

  it('comes in time, whatever the files are, and equals the page of each model', async () => {
    // If it waited for the files, it would never come: nothing is written into the pipe.
    const names = [...(await list()).keys()];
    expect(names).toHaveLength(MANY + 5);
    await expect
      .poll(async () => (await list()).get(`many-${MANY - 1}.gguf`), { timeout: 30_000 })
      .toMatchObject({ max_input_tokens: 32_768, max_tokens: 32_768 });
    const listed = await list();
    for (const id of ['mini', 'many-0.gguf', 'base.gguf']) {
      expect(await one(id)).toEqual(listed.get(id));
    }
    for (const id of ['broken.gguf', 'pipe.gguf']) {
      // It is listed if it can't be read in time, as on a busy machine.
      await expect.poll(async () => (await list()).has(id)).toBe(false);
      expect(await one(id)).toMatchObject({ error: { type: 'not_found_error' } });
    }
  });

  it('says that a base model writes nothing, and offers none to Claude Code', async () => {
    expect((await list()).get('base.gguf')).toMatchObject({
      max_input_tokens: 2048,
      max_tokens: 0,
    });
    const names = [...(await list('claude-cli/2.1.332 (external, cli)')).keys()];
    expect(names).toContain('claude-local-many-0.gguf');
    expect(names).not.toContain('claude-local-base.gguf');
    const choices = await listNames({ url: server.url, key: undefined });
    expect(choices.map(({ name }) => name)).toContain('many-0.gguf');
    expect(choices.map(({ name }) => name)).not.toContain('base.gguf');
  });

  it.each(['/v1/messages', '/v1/messages/count_tokens'])(
    'refuses a base model at %s without loading it',
    async (route) => {
      const answer = await post(`${server.url}${route}`, request('Hi', { model: 'base.gguf' }));
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain("has no chat template, so it can't chat");
    },
  );

  it.each(['--model base.gguf', '--model mini --small base.gguf'])(
    'stops env %s, since each of its requests would be refused',
    async (flags) => {
      const args = ['env', '--url', server.url, ...flags.split(' ')];
      const { code, stderr } = await runHere(args);
      expect(code).toBe(1);
      expect(stderr).toContain("Error: base.gguf can't chat: it has no chat template");
    },
  );

  it('has the context of the entry, a short name and a description', async () => {
    expect((await list()).get('mini')).toMatchObject({
      display_name: 'Portico Mini',
      description: expect.stringMatching(/^the embedded model; /),
      max_input_tokens: 8192,
      max_tokens: 8192,
      capabilities: {
        structured_outputs: { supported: true },
        thinking: { supported: true },
      },
    });
  });

  it('has names and descriptions without control characters', async () => {
    const evil = (await list()).get('evil\u001B[31m\u202E:latest');
    expect(evil).toMatchObject({ display_name: 'evil[31m', description: 'red[31m' });
  });

  it('starts no engine, only a process that reads the files and ends', async () => {
    await expect.poll(() => childrenOf(server.process.pid ?? 0)).toEqual([]);
  });
});

it('the context of a model is one number, wherever it is read', async () => {
  const words = 'word '.repeat(9000);
  const refused = await post(`${server.url}/v1/messages`, request(words, { max_tokens: 1 }));
  expect(await refused.text()).toMatch(/prompt is too long: \d+ tokens > 8192 maximum/);
  await (await post(`${server.url}/v1/messages`, request('Hello', { max_tokens: 1 }))).text();
  const flags = ['--port', new URL(server.url).port, '--json'];
  const shown = await runHere(['show', 'mini', '--json'], { PORTICO_HOME: server.home });
  expect(JSON.parse(shown.stdout)).toMatchObject({
    context: 8192,
    trainedContext: 8192,
    capabilities: { contextTokens: 8192 },
  });
  expect(JSON.parse((await runHere(['ps', ...flags])).stdout)).toMatchObject({
    models: [{ name: 'mini', contextTokens: 8192 }],
  });
  expect(await one('mini')).toMatchObject({ max_input_tokens: 8192, max_tokens: 8192 });
});
