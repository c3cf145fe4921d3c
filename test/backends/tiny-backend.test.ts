import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { BackendDefinition } from '../../src/backends/definition.ts';
import { BACKENDS } from '../../src/backends/index.ts';
import { composeServer } from '../../src/compose.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import type { Backend } from '../../src/core/backend.ts';
import type { ModelSpec } from '../../src/core/model.ts';
import { entrySchemaOf } from '../../src/registry/schema.ts';

interface TinySpec extends ModelSpec {
  readonly firstWord: string;
}

const USAGE = { promptTokens: 3, cacheReadTokens: 0, cacheCreationTokens: 0 };

/** Backend that answers each request with one word of its models' entries. */
const backend: Backend<TinySpec> = {
  kind: 'tiny',
  capabilities: async () => ({
    contextTokens: 100,
    thinking: 'none',
    tools: 'none',
    structuredOutput: false,
    images: false,
    documents: false,
    citations: false,
    exactCount: true,
  }),
  countTokens: async () => 3,
  async discover() {
    return [{ name: 'found', backend: 'tiny', firstWord: 'Found' }];
  },
  async *generate({ model }) {
    yield { type: 'admitted', inputTokens: 3 };
    yield { type: 'text-delta', text: model.firstWord };
    const usage = { ...USAGE, outputTokens: 1, thinkingTokens: 0 };
    yield { type: 'finish', reason: 'end-turn', stopSequence: null, usage };
  },
  close: async () => undefined,
};

const TINY: BackendDefinition = {
  kind: 'tiny',
  entries: { schema: entrySchemaOf({ first_word: z.string().max(9) }) },
  discovers: true,
  create: async () => backend,
};

/** A server with the backend, over a models.yaml of these entries. */
async function startPortico(...entries: readonly string[]) {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
  const text = ['models:', ...entries.map((entry) => `  ${entry}`), ''].join('\n');
  await writeFile(path.join(home, 'models.yaml'), text);
  const server = await composeServer(
    resolveSettings({ port: '0' }, { PORTICO_HOME: home }),
    pino({ level: 'silent' }),
    { backends: [...BACKENDS.filter(({ discovers }) => !discovers), TINY] },
  );
  onTestFinished(async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  });
  return server;
}

async function answerOf(url: string, model: string): Promise<unknown> {
  const messages = [{ role: 'user', content: 'Hello' }];
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    body: JSON.stringify({ model, max_tokens: 10, messages }),
  });
  return response.json();
}

describe('a backend that is added from outside of src', () => {
  it('answers for its entries, by options of its own', async () => {
    const { url, registry } = await startPortico('mine: { backend: tiny, first_word: Hi }');
    expect(registry.problems).toEqual([]);
    expect(await answerOf(url, 'mine')).toMatchObject({ content: [{ type: 'text', text: 'Hi' }] });
  });

  it('answers for models that it discovers', async () => {
    const { url } = await startPortico('mine: { backend: tiny, first_word: Hi }');
    expect(await answerOf(url, 'found')).toMatchObject({ content: [{ text: 'Found' }] });
  });

  it.each([
    ['bad: { backend: tiny, first_word: 1 }', '2:37: models.bad.first_word: Invalid input'],
    [
      'bad: { backend: tiny, threads: 1 }',
      "2:34: models.bad.threads: only a model with 'backend: llama'",
    ],
    [
      'bad: { backend: llama, first_word: a }',
      "2:38: models.bad.first_word: only a model with 'backend: tiny'",
    ],
    [
      'bad: { backend: tiny, first_word: a, word: b }',
      '2:40: models.bad.word: this key is not known',
    ],
    ['bad: { backend: minute }', '2:19: models.bad.backend: '],
  ])('has its entries checked by its own schema: %s', async (entry, problem) => {
    const { registry } = await startPortico(entry);
    expect(registry.problems).toContainEqual(expect.stringContaining(problem));
    expect(registry.models.has('bad')).toBe(false);
  });
});
