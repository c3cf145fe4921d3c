import { describe, expect, it } from 'vitest';
import { allParts, stemOf } from '../../src/download/parts.ts';
import { pickFiles } from '../../src/download/pick.ts';
import type { HubFile } from '../../src/download/pick.ts';
import { isSource, nameOf, parseSource } from '../../src/download/source.ts';
import { covers } from '../support/covers.ts';

describe('a source', () => {
  covers('R4.6-pull-sources');

  it.each([
    ['hf:user/Model-GGUF:Q4_K_M', { by: 'quantization', tag: 'Q4_K_M' }, 'model'],
    ['hf:user/Qwen3-0.6B-GGUF', { by: 'default' }, 'qwen3-0.6b'],
    ['hf:user/a.b_c/sub/x-Q8_0.gguf', { by: 'path', path: 'sub/x-Q8_0.gguf' }, 'a.b_c'],
  ])('%s is read', (text, wanted, name) => {
    const source = parseSource(text);
    expect(source).toMatchObject({ kind: 'hub', wanted });
    expect(nameOf(source)).toBe(name);
    expect(isSource(text)).toBe(true);
  });

  it.each([
    ['https://host/x/My%20Model-Q4_0.gguf?download=true', 'my-model-q4_0'],
    ['http://127.0.0.1:8/big-00001-of-00003.gguf', 'big'],
  ])('%s is read', (url, name) => {
    expect(parseSource(url)).toEqual({ kind: 'url', url });
    expect(nameOf(parseSource(url))).toBe(name);
  });

  it.each([
    'hf:user',
    'hf:a/b/c',
    'hf:a/b:',
    'hf:a/b:x/y',
    'https://host/',
    'https://host/x.bin',
    'https://',
  ])('%s is refused, with what to write', (text) => {
    expect(() => parseSource(text)).toThrow(/is not a source.*hf:user\/model:quantization.*https:/);
  });
});

describe('the parts of a split model', () => {
  covers('R4.6-pull-split');

  it('are recognized by the name of any of them', () => {
    const parts = ['a/x-00001-of-00003.gguf', 'a/x-00002-of-00003.gguf', 'a/x-00003-of-00003.gguf'];
    for (const part of parts) expect(allParts(part)).toEqual(parts);
    expect(parts.map(stemOf)).toEqual(['a/x', 'a/x', 'a/x']);
  });

  it.each(['x.gguf', 'x-1-of-2.gguf', 'x-00001-of-00002.bin'])('%s is whole', (name) => {
    expect(allParts(name)).toEqual([name]);
  });
});

const file = (path: string): HubFile => ({ path, bytes: 1 });
const REPOSITORY = [
  'README.md',
  'mmproj-model-Q4_K_M.gguf',
  'model-UD-Q4_K_M.gguf',
  'model-Q4_K_M.gguf',
  'model-IQ4_K_M.gguf',
  'model-F16.gguf',
  'Q8_0/model-Q8_0-00002-of-00002.gguf',
  'Q8_0/model-Q8_0-00001-of-00002.gguf',
  'broken-Q2_K-00001-of-00002.gguf',
].map(file);

describe('of a repository', () => {
  covers('R4.6-pull-sources');

  it.each([
    ['Q4_K_M', ['model-Q4_K_M.gguf']],
    ['q4_k_m', ['model-Q4_K_M.gguf']],
    ['UD-Q4_K_M', ['model-UD-Q4_K_M.gguf']],
    ['f16', ['model-F16.gguf']],
    ['Q8_0', ['Q8_0/model-Q8_0-00001-of-00002.gguf', 'Q8_0/model-Q8_0-00002-of-00002.gguf']],
  ])('the quantization %s is picked', (tag, paths) => {
    const picked = pickFiles(REPOSITORY, { by: 'quantization', tag }, 'user/model');
    expect(picked.map(({ path }) => path)).toEqual(paths);
  });

  it('a path is picked with its other parts', () => {
    const path = 'Q8_0/model-Q8_0-00001-of-00002.gguf';
    expect(pickFiles(REPOSITORY, { by: 'path', path }, 'user/model')).toHaveLength(2);
  });

  it.each([
    [REPOSITORY, 'model-Q4_K_M.gguf'],
    [[file('x-F16.gguf'), file('x-Q8_0.gguf')], 'x-Q8_0.gguf'],
    [[file('odd.gguf')], 'odd.gguf'],
  ])('the usual quantization is picked where none is named', (files, path) => {
    expect(pickFiles(files, { by: 'default' }, 'user/model').map((one) => one.path)).toEqual([
      path,
    ]);
  });

  it.each([
    [REPOSITORY, 'Q5_K_M', /user\/model has no Q5_K_M; there are model-UD-Q4_K_M, model-Q4_K_M/],
    [[file('README.md')], 'Q4_0', /has no GGUF model.*-GGUF/],
    [REPOSITORY, 'Q2_K', /lacks a part of it: broken-Q2_K-00002-of-00002\.gguf/],
  ])('what is not there is refused with what is', (files, tag, words) => {
    expect(() => pickFiles(files, { by: 'quantization', tag }, 'user/model')).toThrow(words);
  });
});
