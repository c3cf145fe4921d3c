import { describe, expect, it } from 'vitest';
import { routesOf } from '../../../src/backends/openai/routes.ts';
import type { OpenAiSpec } from '../../../src/backends/openai/spec.ts';
import { covers } from '../../support/covers.ts';

const ENTRY: OpenAiSpec = {
  name: 'big',
  backend: 'openai',
  upstream: 'shared',
  key: 'SHARED',
  headers: { a: 'shared', b: 'shared' },
  server: 'vllm',
  context: 100,
};

describe('the servers of a model', () => {
  covers('R4.3-entry', 'R4.2-secret');

  it.each([
    ['what the entry has', {}, {}],
    ['its own name', { upstream: 'own' }, { upstream: 'own' }],
    ['its own key', { key: 'OWN' }, { key: 'OWN' }],
    ['its own kind', { server: 'other' }, { server: 'other' }],
    [
      'its headers beside the entry’s',
      { headers: { b: 'own' } },
      { headers: { a: 'shared', b: 'own' } },
    ],
  ] as const)('have %s', (_name, own, has) => {
    const url = 'http://h/v1';
    const [route] = routesOf({ ...ENTRY, providers: [{ url, ...own }] });
    expect(route).toMatchObject({ url, weight: 1 });
    expect(route?.model).toEqual({ ...ENTRY, url, ...has });
  });

  it('are identified by their requests, and not by their weight', () => {
    const url = 'http://h/v1';
    const ids = routesOf({
      ...ENTRY,
      providers: [{ url }, { url, weight: 2 }, { url, upstream: 'own' }, { url, key: 'OWN' }],
    }).map(({ id }) => id);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
  });

  it('are reported without secrets in their URLs', () => {
    const providers = [{ url: 'http://me:hunter2@h/v1?key=hunter2' }];
    expect(routesOf({ ...ENTRY, providers })[0]?.url).toBe('http://h/v1');
  });
});
