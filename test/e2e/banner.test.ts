import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeModelHeader } from '../support/gguf.ts';
import { startOllama } from '../support/scripted-ollama.ts';
import { bannerOf, startServer } from '../support/server.ts';
import type { ServerOptions } from '../support/server.ts';

/** Lines that `portico serve` prints after its address, once all are there. */
async function linesOf(options: ServerOptions): Promise<readonly string[]> {
  const server = await startServer(options);
  onTestFinished(() => void server.stop());
  return (await bannerOf(server)).split('\n');
}

const namesIn = (lines: readonly string[], start: string): readonly string[] =>
  lines.flatMap((line) => (line.startsWith(start) ? line.slice(start.length).split(', ') : []));

it('serve lists only models that can chat', async () => {
  const ollama = await startOllama({
    'qwen3:8b': { trained: 40_960 },
    'nomic-embed-text:latest': { trained: 2048, capabilities: ['embedding'] },
  });
  onTestFinished(() => ollama.close());
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-banner-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeModelHeader(path.join(folder, 'base.gguf'), 2048);
  const lines = await linesOf({
    registry: `models:\n  base: { backend: llama, file: ${folder}/base.gguf }\n`,
    environment: { OLLAMA_HOST: `127.0.0.1:${ollama.port}` },
  });
  expect(namesIn(lines, 'Models: ')).toEqual(['mini (default)', 'qwen3:8b']);
  expect(namesIn(lines, 'Known, not downloaded: ')).not.toContain('base');
  expect(lines.join('\n')).not.toContain('did not answer');
});

it('serve says in one line that a silent Ollama did not answer', async () => {
  const ollama = await startOllama({});
  onTestFinished(() => ollama.close());
  ollama.fallSilent();
  const lines = await linesOf({ environment: { OLLAMA_HOST: `127.0.0.1:${ollama.port}` } });
  expect(namesIn(lines, 'Models: ')).toEqual(['mini (default)']);
  expect(lines).toContain(
    `Ollama at ${ollama.url} did not answer within 0.8 s; its models are listed once it does.`,
  );
});
