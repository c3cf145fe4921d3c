import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.ts';
import { GREEDY_TEMPLATES } from '../support/hostile-templates.ts';
import { errorOf, messageOf, post, request, textOf } from '../support/messages-api.ts';
import { REPOSITORY, runPortico, startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';

const MINI = path.join(REPOSITORY, 'models/mini.gguf');
const EXCEEDED = /exceeded its limits: one rendering .*memory.*Set another template/;

/** Templates that reach the limit of time before that of memory. */
const SLOW = ['split and join', 'slices', 'nested lists as JSON'];
const TEMPLATES = Object.entries(GREEDY_TEMPLATES).filter(([use]) => !SLOW.includes(use));

const modelOf = (use: string): string =>
  use.replaceAll(' ', '-').replace('~', 'tilde').replace('+', 'plus');

describe('models whose chat templates take all memory', () => {
  covers('R12.2-template');

  let server: RunningServer;
  beforeAll(async () => {
    const entries = TEMPLATES.map(
      ([use, template]) =>
        `  ${modelOf(use)}: { backend: llama, file: '${MINI}', template: ${JSON.stringify(template)} }`,
    );
    server = await startServer({ registry: `models:\n${entries.join('\n')}\n` });
  });
  afterAll(() => server.stop());

  it('do not end the server that reads them', async () => {
    const described = TEMPLATES.map(async ([use]) => {
      const { status } = await fetch(`${server.url}/v1/models/${modelOf(use)}`);
      return status;
    });
    // A model that can't be used is not found. Some templates only fail in llama.cpp.
    expect(new Set(await Promise.all(described))).toEqual(new Set([200, 404]));
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it.each(['the method replace', 'a product'])('fail their requests: %s', async (use) => {
    const body = { ...request('Hi'), model: modelOf(use) };
    const response = await post(`${server.url}/v1/messages`, body);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).error.message).toMatch(EXCEEDED);
  });

  it('leave other models alone', async () => {
    const response = await post(`${server.url}/v1/messages`, request('Count from 1 to 3'));
    expect(textOf(await messageOf(response))).toBe('1, 2, 3');
  });

  it('are reported by portico show', async () => {
    const { code, stderr } = await runPortico(['show', modelOf('a product')], {
      PORTICO_HOME: server.home,
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(EXCEEDED) });
  });
});
