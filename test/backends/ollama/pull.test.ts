import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ollamaUrl } from '../../../src/backends/ollama/address.ts';
import { pullThroughOllama } from '../../../src/backends/ollama/pull.ts';
import type { OllamaPullProgress } from '../../../src/backends/ollama/pull.ts';
import { makeHome } from '../../cli/home.ts';
import { covers } from '../../support/covers.ts';

/** A server that answers every pull with these lines, as Ollama's API documentation shows them. */
async function serveLines(
  lines: readonly unknown[],
  status = 200,
  hold = false,
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.on('data', (piece: Buffer) => asked.push(`${request.url} ${piece.toString()}`));
    request.on('end', () => {
      response.writeHead(status, { 'content-type': 'application/x-ndjson' });
      for (const line of lines) response.write(`${JSON.stringify(line)}\n`);
      if (!hold) response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close().closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const LAYERS = [
  { status: 'pulling manifest' },
  { status: 'pulling aa', digest: 'sha256:aa', total: 1000 },
  { status: 'pulling aa', digest: 'sha256:aa', total: 1000, completed: 400 },
  { status: 'pulling bb', digest: 'sha256:bb', total: 50, completed: 50 },
  { status: 'pulling aa', digest: 'sha256:aa', total: 1000, completed: 1000 },
  { status: 'verifying sha256 digest' },
  { status: 'success' },
];

async function all(url: string, signal = new AbortController().signal) {
  const steps: OllamaPullProgress[] = [];
  for await (const step of pullThroughOllama(url, 'llama3.2', signal)) steps.push(step);
  return steps;
}

describe('a pull through Ollama', () => {
  covers('R4.6-pull-sources', 'R4.6-pull-cancel');

  it('reports the progress of all layers together', async () => {
    const { url, asked } = await serveLines(LAYERS);
    const steps = await all(url);
    expect(steps.map(({ done, total }) => [done, total])).toEqual([
      [0, 0],
      [0, 1000],
      [400, 1000],
      [450, 1050],
      [1050, 1050],
      [1050, 1050],
      [1050, 1050],
    ]);
    expect(asked).toEqual(['/api/pull {"model":"llama3.2"}']);
  });

  it.each([
    [
      'an error in its lines',
      [{ error: 'pull model manifest: file does not exist' }],
      200,
      /can't pull llama3\.2: pull model manifest: file does not exist; look up its name/,
    ],
    [
      'an error as its answer',
      [{ error: 'no space left' }],
      500,
      /can't pull llama3\.2: no space left/,
    ],
    ['an end without success', LAYERS.slice(0, 3), 200, /without success; pull again to resume/],
    ['something else than Ollama', ['<html>'], 404, /check that the URL is the one of an Ollama/],
  ])('that ends in %s fails with a hint', async (_case, lines, status, words) => {
    const { url } = await serveLines(lines, status);
    await expect(all(url)).rejects.toThrow(words);
  });

  it('ends at once when it is cancelled', async () => {
    const { url } = await serveLines(LAYERS.slice(0, 3), 200, true);
    await expect(all(url, AbortSignal.timeout(200))).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('portico pull', () => {
  covers('R4.6-pull-sources', 'R4.6-pull-refused');

  it.each([
    ['ollama:llama3.2', '', true],
    ['llama3.2', '', true],
    ['mine', 'models:\n  mine: { backend: ollama, upstream: llama3.2 }\n', true],
    ['mine', 'models:\n  mine: { backend: ollama, upstream: llama3.2, url: "URL" }\n', false],
  ])('of %s goes through Ollama', async (name, registry, byVariable) => {
    const { url, asked } = await serveLines(LAYERS);
    const { portico } = await makeHome(registry.replace('URL', url), {
      OLLAMA_HOST: byVariable ? url.replace('http://', '') : '127.0.0.1:9',
    });
    const { code, stdout, stderr } = await portico('pull', name);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `pulled 'llama3.2' into Ollama at ${url}\n`,
    });
    expect(stderr).toMatch(/^pulling manifest\npulling llama3\.2 0 %[^]*pulling llama3\.2 100 %/);
    expect(asked).toEqual(['/api/pull {"model":"llama3.2"}']);
  });

  it('of an unknown name reports that, and that Ollama is away', async () => {
    const { portico } = await makeHome('', { OLLAMA_HOST: '127.0.0.1:9' });
    const { code, stderr } = await portico('pull', 'qwen3-codr');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Error: model: qwen3-codr is not known; there are mini.*; nor can Ollama pull it: Ollama does not answer at .*ollama serve\n$/,
    );
  });
});

describe('OLLAMA_HOST', () => {
  covers('R4.6-pull-sources');

  it.each([
    [undefined, 'http://127.0.0.1:11434'],
    ['', 'http://127.0.0.1:11434'],
    ['box', 'http://box:11434'],
    ['box:8', 'http://box:8'],
    [':8', 'http://127.0.0.1:8'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['https://box/ollama/', 'https://box/ollama'],
    ['http://[::]:5', 'http://127.0.0.1:5'],
  ])('%s means %s', (host, url) => {
    expect(ollamaUrl(host)).toBe(url);
  });
});
