import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { startOllama } from '../support/scripted-ollama.ts';
import { serve } from '../support/upstream/replay.ts';
import { runPortico } from '../support/server.ts';
import { makeHome } from './home.ts';
import type { Home } from './home.ts';
import { covers } from '../support/covers.ts';

/** Home with an Ollama that has these models, and with `registry` as its models.yaml. */
async function beside(names: readonly string[], registry?: string): Promise<Home> {
  const { port, close } = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ models: names.map((name) => ({ name })) }));
  });
  onTestFinished(close);
  return makeHome(registry, { OLLAMA_HOST: `127.0.0.1:${port}` });
}

/** Home without an Ollama. */
const alone = (registry?: string) => makeHome(registry, { OLLAMA_HOST: '127.0.0.1:9' });

const written = async ({ registryFile }: Home): Promise<unknown> =>
  parse(await readFile(registryFile, 'utf8'));

describe('a model that only Ollama has', () => {
  covers('R4.6-discovered', 'R4.1-cloud');

  it('is listed after those of the registry, and completed by shells', async () => {
    const { portico } = await beside(['qwen3:8b', 'mini:latest']);
    const { stdout, stderr, code } = await portico('ls');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(
      /^mini \(default\) [^]*^qwen3:8b +ollama +- +upstream +http:\/\/127\.0\.0\.1:\d+$/m,
    );
    expect(stdout).not.toContain('mini:latest');
    expect((await portico('names')).stdout).toMatch(/^mini$[^]*^qwen3:8b$/m);
    const { models } = JSON.parse((await portico('ls', '--json')).stdout) as { models: unknown[] };
    expect(models.at(-1)).toMatchObject({ name: 'qwen3:8b', location: 'found by ollama' });
  });

  it.each([
    ['qwen3:8b', 'qwen3:8b'],
    ['llama3', 'llama3:latest'],
    ['kimi-k2:1t-cloud', 'kimi-k2:1t-cloud'],
  ])('gets an entry and an alias by cp %s', async (source, name) => {
    const home = await beside(['qwen3:8b', 'llama3:latest'], '# mine\nmodels:\n');
    const copied = await home.portico('cp', source, 'claude-3-5-sonnet');
    const stdout = `copied '${source}' to 'claude-3-5-sonnet'\n`;
    expect(copied).toEqual({ code: 0, stdout, stderr: '' });
    const expected = {
      models: { [name]: { backend: 'ollama' } },
      aliases: { 'claude-3-5-sonnet': name },
    };
    expect(await written(home)).toEqual(expected);
    expect(await readFile(home.registryFile, 'utf8')).toMatch(/^# mine\nmodels:\n/);
    await home.portico('cp', source, 'other');
    expect(await written(home)).toMatchObject({ models: expected.models });
  });

  it('overrides a catalogue entry without a file', async () => {
    const home = await beside(['qwen3-coder:latest']);
    const { stdout } = await home.portico('ls');
    expect(stdout).toMatch(/^qwen3-coder:latest +ollama +- +upstream +http:/m);
    expect(stdout).not.toMatch(/^qwen3-coder /m);
    expect((await home.portico('show', 'qwen3-coder')).stdout).toMatch(/^backend +ollama$/m);
    expect((await home.portico('cp', 'qwen3-coder', 'claude-3-5-sonnet')).stdout).toBe(
      "copied 'qwen3-coder' to 'claude-3-5-sonnet'\n",
    );
    expect((await home.portico('default', 'qwen3-coder')).stdout).toBe(
      "'qwen3-coder' is the default now\n",
    );
    expect(await written(home)).toEqual({
      default: 'qwen3-coder',
      models: { 'qwen3-coder:latest': { backend: 'ollama' } },
      aliases: { 'claude-3-5-sonnet': 'qwen3-coder:latest' },
    });
    expect((await home.portico('ls')).stdout).toMatch(/^qwen3-coder:latest \(default\) +ollama/m);
  });

  it('can be the default', async () => {
    const home = await beside(['qwen3:8b']);
    expect((await home.portico('default', 'qwen3:8b')).stdout).toBe(
      "'qwen3:8b' is the default now\n",
    );
    expect(await written(home)).toEqual({
      default: 'qwen3:8b',
      models: { 'qwen3:8b': { backend: 'ollama' } },
    });
  });

  it('is the default by its name alone in models.yaml', async () => {
    const home = await beside(['llama3:latest'], 'default: llama3\n');
    const { stdout, stderr } = await home.portico('ls');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^llama3:latest \(default\) +ollama/m);
    const away = alone('default: llama3\n');
    expect((await (await away).portico('ls')).stderr).toMatch(
      /the default 'llama3' leads to 'llama3', which has no entry, and answers only while Ollama has it/,
    );
  });

  it('is described by show', async () => {
    const { environment } = await beside(['qwen3:8b']);
    // In a process of its own, because the backend reads the environment of the process.
    const { code, stdout } = await runPortico(['show', 'qwen3:8b'], environment);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^backend +ollama$[^]*^entry +found by ollama$/m);
  });

  it('can’t be an alias of itself, and does not replace an invalid entry', async () => {
    const broken = 'models:\n  qwen3:8b: { backend: olama }\n';
    const { portico, registryFile } = await beside(['qwen3:8b', 'llama3:8b'], broken);
    expect((await portico('cp', 'llama3:8b', 'llama3:8b')).stderr).toMatch(
      /'llama3:8b' is a model itself/,
    );
    expect((await portico('cp', 'qwen3:8b', 'x')).stderr).toMatch(
      /^Error: model: qwen3:8b can't be used: \S+models\.yaml:2:\d+: /,
    );
    expect(await readFile(registryFile, 'utf8')).toBe(broken);
  });

  it('makes an alias in models.yaml valid', async () => {
    const alias = 'aliases:\n  claude-x: qwen3:8b\n';
    const { portico } = await beside(['qwen3:8b'], alias);
    const { stdout, stderr } = await portico('ls');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^claude-x +ollama +- +alias of qwen3:8b +-$/m);
  });
});

it('ls shows the size of models in Ollama, and marks those that can’t chat', async () => {
  const ollama = await startOllama({
    'qwen3:8b': { trained: 40_960, size: 5_200_000_000 },
    'nomic-embed-text:latest': { trained: 2048, size: 274_302_450, capabilities: ['embedding'] },
  });
  onTestFinished(() => ollama.close());
  const { portico } = await makeHome(
    'models:\n  mine: { backend: ollama, upstream: nomic-embed-text }',
    {
      OLLAMA_HOST: `127.0.0.1:${ollama.port}`,
    },
  );
  const { stdout } = await portico('ls');
  expect(stdout).toMatch(/^qwen3:8b +ollama +5\.2 GB +upstream +http:/m);
  expect(stdout).toMatch(/^nomic-embed-text:latest +ollama +274 MB +can't chat +http:/m);
  expect(stdout).toMatch(/^mine +ollama +274 MB +can't chat +http:/m);
  const { models } = JSON.parse((await portico('ls', '--json')).stdout) as { models: unknown[] };
  expect(models.slice(-2)).toMatchObject([
    { name: 'qwen3:8b', sizeBytes: 5_200_000_000 },
    { name: 'nomic-embed-text:latest', sizeBytes: 274_302_450, chats: false },
  ]);
});

describe('a model in Ollama', () => {
  const besideTwo = async (registry?: string): Promise<Home> => {
    const { port, close } = await startOllama({
      'llama3:latest': { trained: 8192, size: 4_700_000_000 },
      'nomic-embed-text:latest': { trained: 2048, capabilities: ['embedding'] },
    });
    onTestFinished(close);
    return makeHome(registry, { OLLAMA_HOST: `127.0.0.1:${port}` });
  };

  it('has its size in ls after cp, but not with another address', async () => {
    const { portico } = await besideTwo(
      'models:\n  far: { backend: ollama, upstream: llama3, url: http://127.0.0.1:9 }\n',
    );
    await portico('cp', 'llama3', 'claude-x');
    const { stdout } = await portico('ls');
    expect(stdout).toMatch(/^llama3:latest +ollama +4\.7 GB +upstream /m);
    expect(stdout).toMatch(/^far +ollama +- +upstream /m);
  });

  it.each(['llama3', 'llama3:latest'])('is not removed by rm %s, which says how', async (name) => {
    const { portico, registryFile } = await besideTwo();
    expect(await portico('rm', name)).toEqual({
      code: 1,
      stdout: '',
      stderr: `Error: '${name}' is in Ollama and has no entry in ${registryFile}; remove it there with: ollama rm llama3:latest\n`,
    });
  });

  it.each([
    ['cp', 'nomic-embed-text', 'claude-x'],
    ['default', 'nomic-embed-text'],
  ])('that can’t chat is reported by %s', async (...args) => {
    const { portico } = await besideTwo();
    const { code, stderr } = await portico(...args);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        "Warning: requests to nomic-embed-text:latest are refused (can't chat); see: portico show nomic-embed-text:latest\n",
    });
  });
});

describe('ls with a slow Ollama', () => {
  const besideSlow = async (answer: (reply: () => void) => void): Promise<Home> => {
    const { port, close } = await serve((_request, response) => {
      response.setHeader('content-type', 'application/json');
      answer(() => response.end(JSON.stringify({ models: [{ name: 'qwen3:8b' }] })));
    });
    onTestFinished(close);
    return makeHome(undefined, { OLLAMA_HOST: `127.0.0.1:${port}` });
  };

  it('waits for its models longer than a request does', async () => {
    const { portico } = await besideSlow((reply) => setTimeout(reply, 1000));
    const { stdout, stderr } = await portico('ls');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^qwen3:8b +ollama /m);
  });

  it('warns about missing models if it does not answer', async () => {
    const { portico } = await besideSlow(() => undefined);
    const { code, stdout, stderr } = await portico('ls', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ default: 'mini' });
    expect(stderr).toBe(
      'Warning: Ollama has not answered for 3 s, so its models are missing in this list; try again soon, ' +
        'or restart it with: ollama serve\n',
    );
  });
});

describe('without Ollama', () => {
  covers('R4.6-discovered');

  it('ls does not mention it, and other commands report an unknown name', async () => {
    const { portico } = await alone();
    expect(await portico('ls')).toMatchObject({ code: 0, stderr: '' });
    for (const args of [
      ['cp', 'qwen3:8b', 'x'],
      ['show', 'qwen3:8b'],
      ['default', 'qwen3:8b'],
    ]) {
      const { code, stderr } = await portico(...args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Error: model: qwen3:8b is not known; there are mini, .*\n$/);
    }
  });

  it('an alias of one of its models is reported with its place and the missing Ollama', async () => {
    const { portico } = await alone('aliases:\n  claude-x: qwen3:8b\n');
    const says =
      /models\.yaml:2:3: alias 'claude-x' leads to 'qwen3:8b', which has no entry, and answers only while Ollama has it; 'portico ls'.*\n$/;
    expect((await portico('ls')).stderr).toMatch(says);
    expect((await portico('show', 'claude-x')).stderr).toMatch(says);
  });
});
