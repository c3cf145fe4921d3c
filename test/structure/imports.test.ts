import { describe, expect, it } from 'vitest';
import { cyclesIn, importsOf } from './imports.ts';
import { violationOf } from './layers.ts';
import { sourceFiles } from './source-files.ts';
import { covers } from '../support/covers.ts';

const imports = sourceFiles('src').flatMap(importsOf);

describe('imports of the source', () => {
  covers('R2.1-imports');

  it('are found', () => {
    expect(imports.length).toBeGreaterThan(10);
  });

  it('point one way, and not at siblings', () => {
    expect(imports.map(violationOf).filter((reason) => reason !== undefined)).toEqual([]);
  });

  it('make no cycle', () => {
    expect(cyclesIn(imports)).toEqual([]);
  });

  it('carry the .ts ending', () => {
    const relative = imports.filter(({ target }) => target !== undefined);
    expect(relative.filter(({ specifier }) => !/\.(ts|json)$/.test(specifier))).toEqual([]);
  });
});

describe('the rule of directions', () => {
  covers('R2.1-imports');

  it.each([
    ['src/http/app.ts', 'src/core/failure.ts'],
    ['src/wires/anthropic/decode.ts', 'src/wires/anthropic/schema.ts'],
    ['src/backends/local/engine.ts', 'src/prompt/render.ts'],
    ['src/backends/local/engine.ts', 'src/backends/retry.ts'],
    ['src/cli/commands/serve.ts', 'src/compose.ts'],
    ['src/main.ts', 'src/cli/program.ts'],
    ['src/wires/index.ts', 'src/wires/anthropic/wire.ts'],
    ['src/http/app.ts', 'src/wires/wire.ts'],
  ])('lets %s import %s', (from, target) => {
    expect(violationOf({ from, specifier: target, target })).toBeUndefined();
  });

  it.each([
    ['src/core/failure.ts', 'src/prompt/render.ts', 'stands below'],
    ['src/wires/anthropic/decode.ts', 'src/registry/resolve.ts', 'are siblings'],
    ['src/wires/anthropic/decode.ts', 'src/wires/openai/decode.ts', 'are siblings'],
    ['src/backends/local/engine.ts', 'src/backends/ollama/backend.ts', 'are siblings'],
    [
      'src/backends/local/runners/llama-node/runner.ts',
      'src/backends/local/runners/llama-cpp/slot.ts',
      'llama-node and llama-cpp are siblings',
    ],
    ['src/backends/definition.ts', 'src/backends/ollama/backend.ts', 'stands below'],
    ['src/main.ts', 'src/compose.ts', 'only cli may'],
    ['src/http/app.ts', 'src/wires/anthropic/errors.ts', 'only the list of wires may'],
    ['src/core/failure.ts', 'test/support/server.ts', 'outside the layers'],
    ['src/everything/else.ts', 'src/core/failure.ts', 'outside the layers'],
  ])('refuses %s to import %s', (from, target, reason) => {
    expect(violationOf({ from, specifier: target, target })).toContain(reason);
  });

  it('keeps a library in its place', () => {
    expect(violationOf({ from: 'src/pipeline/pool.ts', specifier: 'node-llama-cpp' })).toContain(
      'belongs to src/backends/',
    );
  });

  it('sees a cycle over three files', () => {
    const edge = (from: string, target: string) => ({ from, specifier: target, target });
    expect(cyclesIn([edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('c', 'd')])).toEqual([
      ['a', 'b', 'c', 'a'],
    ]);
  });
});
