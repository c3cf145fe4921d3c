import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

it("models whose files can't be used are named with the reason, and are in no list", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-banner-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, 'folder.gguf'));
  writeFileSync(path.join(folder, 'empty.gguf'), '');
  writeFileSync(path.join(folder, 'text.gguf'), 'This is no model.');
  const names = ['folder', 'empty', 'text', 'lost'];
  const entry = (name: string) => `  ${name}: { backend: llama, file: '${folder}/${name}.gguf' }\n`;
  const server = await startServer({
    registry:
      `models:\n${names.map(entry).join('')}` +
      `  pulled: { backend: llama, file: '${folder}/pulled.gguf', source: 'hf:a/b:Q8_0' }\n`,
  });
  onTestFinished(() => void server.stop());
  const lines = (await bannerOf(server)).split('\n');
  expect(namesIn(lines, 'Models: ')).toEqual(['mini (default)']);
  expect(namesIn(lines, 'Known, not downloaded: ')).not.toContain('pulled');
  expect(lines.filter((line) => line.startsWith('Not usable: '))).toEqual([
    `Not usable: folder: ${folder}/folder.gguf can't be read as GGUF: it is a folder, not a regular file. Check that it is a complete GGUF file.`,
    expect.stringMatching(/^Not usable: empty: .*: it ends within its header\. Check/),
    expect.stringMatching(/^Not usable: text: .*: it does not begin with GGUF\. Check/),
    expect.stringMatching(
      /^Not usable: lost: its file .*lost\.gguf is not there; put it there, or/,
    ),
    expect.stringMatching(
      /^Not usable: pulled: its file .* is not there; get it with: portico pull pulled$/,
    ),
  ]);
  const listed = (await (await fetch(`${server.url}/v1/models`)).json()) as {
    readonly data: readonly { readonly id: string }[];
  };
  expect(listed.data.map(({ id }) => id)).toEqual(['mini']);
  const one = await fetch(`${server.url}/v1/models/text`);
  expect(one.status).toBe(404);
  expect(await one.text()).toContain('does not begin with GGUF');
});
