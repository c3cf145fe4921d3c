import { describe, expect, it } from 'vitest';
import { entriesByKind } from '../../src/backends/index.ts';
import { parseRegistryDocument } from '../../src/registry/document.ts';
import { readEntries } from '../../src/registry/entries.ts';
import { covers } from '../support/covers.ts';

const places = {
  registryFile: '/home/models.yaml',
  modelsFolder: '/home/models',
  homeFolder: '/home',
  exists: () => false,
};

function read(entry: string) {
  const text = `models:\n  m: ${entry}\n`;
  return readEntries(parseRegistryDocument(text, 'models.yaml'), {
    places,
    shipped: false,
    entries: entriesByKind(),
  });
}

describe('how an entry says to load its model', () => {
  covers('R6.5-settings');

  it.each([
    ['threads: 3', { threads: 3 }],
    ['gpu_layers: auto', { gpuLayers: 'auto' }],
    ['gpu_layers: max', { gpuLayers: 'max' }],
    ['gpu_layers: 0', { gpuLayers: 0 }],
    ['prompt_lookup: auto', { promptLookup: 'auto' }],
    ['prompt_lookup: off', { promptLookup: 'off' }],
    ['prompt_lookup: false', { promptLookup: 'off' }],
    ['flash_attention: auto', { flashAttention: 'auto' }],
    ['flash_attention: on', { flashAttention: 'on' }],
    ['flash_attention: false', { flashAttention: 'off' }],
    ['kv_type: q8_0', { kvType: 'q8_0' }],
    ['engine: llama-server', { engine: 'llama-server' }],
    ['speculative: ngram-mod', { speculative: 'ngram-mod' }],
    ['draft: d.gguf', { draft: expect.stringMatching(/^\/home\/.*d\.gguf$/) }],
    ['cpu_moe: 4, fit: true', { cpuMoe: 4, fit: true }],
    ["rpc: ['10.0.0.2:50052']", { rpc: ['10.0.0.2:50052'] }],
    ['lora: [a.gguf]', { lora: [expect.stringMatching(/^\/home\/.*a\.gguf$/)] }],
  ])('%s', (written, expected) => {
    const { models, problems } = read(`{ backend: llama, file: m.gguf, ${written} }`);
    expect(problems).toEqual([]);
    expect(models.get('m')?.spec).toEqual({
      name: 'm',
      backend: 'llama',
      file: expect.stringMatching(/m\.gguf$/),
      ...expected,
    });
  });

  it.each([
    ['context: 16777217', 'models.yaml:2:47: models.m.context: Too big'],
    ['threads: 0', 'models.yaml:2:47: models.m.threads: '],
    ['gpu_layers: -1', 'models.yaml:2:50: models.m.gpu_layers: Too small'],
    ['gpu_layers: all', 'models.yaml:2:50: models.m.gpu_layers: must be a number of layers'],
    ['prompt_lookup: on', 'models.yaml:2:53: models.m.prompt_lookup: must be auto or off'],
    ['flash_attention: 3', 'models.yaml:2:55: models.m.flash_attention: '],
    ['engine: vllm', 'models.yaml:2:46: models.m.engine: '],
    ['speculative: draft-simple', "models.m.speculative: needs 'draft'"],
    ['rpc: [localhost]', 'models.m.rpc.0: must be an address such as 10.0.0.2:50052'],
    ['engine: built-in, fit: true', "models.m.engine: must be llama-server for 'fit'"],
    ['kv_type: q2_k', 'models.yaml:2:47: models.m.kv_type: '],
  ])('%s is a problem with its place', (written, problem) => {
    const { models, problems } = read(`{ backend: llama, file: m.gguf, ${written} }`);
    expect(models.size).toBe(0);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    'threads: 2',
    'gpu_layers: 3',
    'flash_attention: on',
    'kv_type: f16',
    'prompt_lookup: off',
  ])('%s is no setting of a model that another server loads', (written) => {
    const { problems } = read(`{ backend: ollama, ${written} }`);
    expect(problems).toEqual([expect.stringContaining("only a model with 'backend: llama' can")]);
  });
});
