import { describe, expect, it } from 'vitest';
import { hubFrom } from '../../src/download/hub.ts';
import { planDownloads } from '../../src/download/plan.ts';
import { parseSource } from '../../src/download/source.ts';
import { MINI, serveModels, sha256 } from '../support/model-host.ts';
import { covers } from '../support/covers.ts';

const signal = new AbortController().signal;

const plan = (text: string, environment: NodeJS.ProcessEnv) =>
  planDownloads(parseSource(text), '/models/name.gguf', hubFrom(environment), signal);

describe('the files of a source', () => {
  covers(
    'R4.6-pull-sources',
    'R4.6-pull-split',
    'R7.1-pull',
    'R4.6-pull-token',
    'R4.6-pull-refused',
  );

  it('is asked of the hub that HF_ENDPOINT names, page by page', async () => {
    const { url } = await serveModels({ 'a.gguf': MINI, 'b.gguf': MINI, 'c d-Q8_0.gguf': MINI });
    expect(await plan('hf:user/model:Q8_0', { HF_ENDPOINT: `${url}/` })).toEqual([
      {
        url: `${url}/user/model/resolve/main/c%20d-Q8_0.gguf`,
        target: '/models/name.gguf',
        bytes: MINI.length,
        sha256: sha256(MINI),
        page: `${url}/user/model`,
      },
    ]);
  });

  it('may be several files, which keep together under one name', async () => {
    const parts = ['x-00001-of-00002.gguf', 'x-00002-of-00002.gguf'];
    const { url } = await serveModels(Object.fromEntries(parts.map((name) => [name, MINI])));
    const files = await plan('hf:user/model', { HF_ENDPOINT: url });
    expect(files.map(({ target }) => target)).toEqual([
      '/models/name-00001-of-00002.gguf',
      '/models/name-00002-of-00002.gguf',
    ]);
    const direct = await plan('https://host/d/x-00001-of-00002.gguf?a=b', {});
    expect(direct.map((file) => file.url)).toEqual([
      'https://host/d/x-00001-of-00002.gguf?a=b',
      'https://host/d/x-00002-of-00002.gguf?a=b',
    ]);
  });

  it.each([
    [
      'in the precision that every device computes',
      ['mmproj-BF16.gguf', 'mmproj-F16.gguf'],
      'mmproj-F16.gguf',
    ],
    ['in the only one there is', ['x.mmproj-Q8_0.gguf'], 'x.mmproj-Q8_0.gguf'],
    ['beside its model', ['mmproj-F16.gguf', 'other/mmproj-F16.gguf'], 'mmproj-F16.gguf'],
  ])('comes with the projector of a model that sees, %s', async (_case, names, picked) => {
    const { url } = await serveModels(
      Object.fromEntries(['x-Q8_0.gguf', ...names].map((name) => [name, MINI])),
    );
    const files = await plan('hf:user/model:Q8_0', { HF_ENDPOINT: url });
    expect(files).toHaveLength(2);
    expect(files[0]).not.toHaveProperty('isProjector');
    expect(files[1]).toMatchObject({
      url: `${url}/user/model/resolve/main/${picked}`,
      target: '/models/name.mmproj.gguf',
      isProjector: true,
    });
  });

  it('is listed only with the token of HF_TOKEN', async () => {
    const { url } = await serveModels({ 'a.gguf': MINI }, { token: 'hf_secret' });
    await expect(plan('hf:user/model', { HF_ENDPOINT: url })).rejects.toThrow(
      new RegExp(`terms must be accepted at ${url}/user/model; then set HF_TOKEN`),
    );
    expect(await plan('hf:user/model', { HF_ENDPOINT: url, HF_TOKEN: 'hf_secret' })).toHaveLength(
      1,
    );
  });

  it.each([
    ['hf:user/other', /404.*does not exist/],
    ['hf:user/model:Q2_K', /has no Q2_K; there are a/],
  ])('%s is refused with a hint', async (text, words) => {
    const { url } = await serveModels({ 'a.gguf': MINI });
    await expect(plan(text, { HF_ENDPOINT: url })).rejects.toThrow(words);
  });

  it.each([
    [{ HF_ENDPOINT: 'http://127.0.0.1:9' }, /can't be had.*check the network/],
    [{ HF_ENDPOINT: 'nonsense' }, /HF_ENDPOINT is 'nonsense'.*correct or unset/],
  ])('a hub that is away or none is named', async (environment, words) => {
    await expect((async () => plan('hf:user/model', environment))()).rejects.toThrow(words);
  });
});
