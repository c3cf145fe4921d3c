import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readFileFacts } from '../../../../src/backends/local/model/file-facts.ts';
import { FileFactsCache } from '../../../../src/backends/local/model/file-facts-cache.ts';
import { openMetadata } from '../../../../src/backends/local/model/model-metadata.ts';
import { boundedRenderer } from '../../../../src/backends/local/model/bounded-renderer.ts';
import { bindingsOf, createRenderer } from '../../../../src/backends/local/prompts/jinja.ts';
import { readTemplate } from '../../../../src/backends/local/model/template-reading.ts';
import type { TemplateRenderer } from '../../../../src/prompt/render.ts';
import { ggufHeader, SHORT_TEMPLATE, writeModelHeader } from '../../../support/gguf.ts';
import { GREEDY_TEMPLATES } from '../../../support/hostile-templates.ts';
import { sharedLlama } from '../../../support/native-llama.ts';
import { makePipe } from '../../../support/pipes.ts';
import { areTemplatesMissing, REAL_TEMPLATES } from '../../../support/real-templates.ts';
import { MINI } from '../../../support/requests.ts';

const childModule = new URL(
  '../../../../dist/backends/local/model/file-facts-child.js',
  import.meta.url,
);
const mini = MINI.file ?? '';

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-facts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function open(folder: string, module = childModule): FileFactsCache {
  const cache = new FileFactsCache({ folder, childModule: module });
  onTestFinished(() => cache.close());
  return cache;
}

describe('the metadata of a model file', () => {
  it('equals what its engine reads', async () => {
    const { native, head } = await openMetadata({ ...MINI, file: mini });
    const { traits, trainedContext, prompts } = head;
    expect(readFileFacts({ file: mini })).toEqual({
      trainedContext,
      thinking: traits.thinking,
    });
    prompts.close();
    await native.close();
  });

  it('reports a missing chat template, unless the entry sets one', () => {
    const file = path.join(newFolder(), 'base.gguf');
    writeModelHeader(file, 2048);
    expect(readFileFacts({ file })).toEqual({ trainedContext: 2048 });
    expect(readFileFacts({ file, template: SHORT_TEMPLATE }).thinking).toBe('switchable');
  });

  it.each([0, 3, 12, 30, 60, 100, 150])('is not read from the first %i bytes', (length) => {
    const file = path.join(newFolder(), 'cut.gguf');
    writeFileSync(file, ggufHeader({ 'general.architecture': 'llama' }).subarray(0, length));
    expect(() => readFileFacts({ file })).toThrow(/^it /);
  });
});

describe.skipIf(areTemplatesMissing())('published chat templates', () => {
  it('are read identically without llama.cpp', async () => {
    const { llama } = await sharedLlama();
    const tokens = { bos: '<s>', eos: '</s>' };
    const thinking = (source: string, render: TemplateRenderer) =>
      readTemplate(render, source, tokens).traits.thinking;
    // All 58 take long; all were alike.
    const some = [...REAL_TEMPLATES].filter((_template, index) => index % 5 === 0);
    for (const [name, source] of some) {
      expect([name, thinking(source, boundedRenderer(source))]).toEqual([
        name,
        thinking(source, createRenderer(bindingsOf(llama), source)),
      ]);
    }
  });
});

it('stops a template of a file that loops without end', () => {
  const render = boundedRenderer('{% for a in range(99999999) %}{% endfor %}');
  expect(() => render({ messages: [] })).toThrow('A range has more than 10000 steps.');
  const counted = boundedRenderer('{{ range(3, 9, 2) | join }} {{ range(2, -1, -1) | join }}');
  expect(counted({ messages: [] })).toBe('357 210');
});

describe('the cache of metadata', () => {
  it('is stored on disk, and valid until the file changes', async () => {
    const folder = newFolder();
    const file = path.join(folder, 'model.gguf');
    writeModelHeader(file, 2048, SHORT_TEMPLATE);
    const facts = { trainedContext: 2048, thinking: 'switchable' };
    const first = open(folder);
    const both = [first.read({ file }), first.read({ file })];
    expect(await Promise.all(both)).toEqual([facts, facts]);
    expect(await first.read({ file, template: '' })).toEqual({ trainedContext: 2048 });
    await first.close();
    const second = open(folder, new URL('file:///missing/reader.js'));
    expect(await second.read({ file })).toEqual(facts);
    utimesSync(file, 1, 1);
    expect(await second.read({ file })).toBeUndefined();
  });

  it('reads the files again if it is damaged', async () => {
    const folder = newFolder();
    writeFileSync(path.join(folder, 'model-files.json'), '{"version":1,"files":{"a":{}}}');
    const cache = open(folder);
    expect(await cache.read({ file: mini })).toMatchObject({ trainedContext: 8192 });
    await cache.close();
    expect(readFileSync(path.join(folder, 'model-files.json'), 'utf8')).toContain('mini.gguf');
  });

  it('reports templates that exceed the time or memory limit, and skips wrong ones', async () => {
    const loop = '{% for a in range(9999) %}'.repeat(3);
    const doubling = '{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}';
    const exceeded = /^The chat template of bad.gguf exceeded its limits: one rendering .*memory/;
    const templates = [
      // On a busy machine, its time ends before its CPU time.
      [`${loop}${'{% endfor %}'.repeat(3)}`, /took longer than 2 s|^undefined$/],
      [`{% set ns = namespace(x=[1]) %}${doubling}`, exceeded],
      [GREEDY_TEMPLATES['the method replace'], exceeded],
      ['{% if %}', /^undefined$/],
    ] as const;
    const read = async ([template, problem]: (typeof templates)[number]) => {
      const folder = newFolder();
      const cache = open(folder);
      const file = path.join(folder, 'bad.gguf');
      writeModelHeader(file, 2048, template);
      const bad = cache.read({ file });
      const good = cache.read({ file: mini });
      expect(String((await bad)?.problem)).toMatch(problem);
      expect(await good).toMatchObject({ trainedContext: 8192 });
    };
    await Promise.all(templates.map(read));
  });

  it('reports a path that is no file, without waiting for it', async () => {
    const folder = newFolder();
    const pipe = path.join(folder, 'pipe.gguf');
    await makePipe(pipe);
    const cache = open(folder);
    expect((await cache.read({ file: pipe }))?.problem).toContain('it is a named pipe');
    expect((await cache.read({ file: folder }))?.problem).toContain('it is a folder');
    expect(await cache.read({ file: path.join(folder, 'missing.gguf') })).toBeUndefined();
  });
});
