import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { BackendDefinition } from '../../src/backends/definition.ts';
import { BACKENDS } from '../../src/backends/index.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import { composeServer } from '../../src/compose.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import type { Backend } from '../../src/core/backend.ts';
import type { ModelSpec } from '../../src/core/model.ts';
import { entrySchemaOf } from '../../src/registry/schema.ts';

interface TinySpec extends ModelSpec {
  readonly firstWord: string;
  readonly dictionary?: string;
  readonly secret?: string;
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

const TINY: BackendDefinition<TinySpec> = {
  kind: 'tiny',
  entries: {
    schema: entrySchemaOf({
      first_word: z.string().max(9),
      dictionary: z.string().exactOptional(),
      secret: z.string().exactOptional(),
    }),
    paths: ['dictionary'],
  },
  discovers: true,
  describeEntry: (entry) => ({
    entry: { ...entry, secret: undefined },
    defaultServer: 'http://tiny.test',
  }),
  create: async () => backend,
};

/** The backends of Portico that discover no models, and the one of this test. */
const WITH_TINY = [...BACKENDS.filter(({ discovers }) => !discovers), TINY];

/** Folder with a models.yaml of these entries. */
async function homeWith(...entries: readonly string[]): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const text = ['models:', ...entries.map((entry) => `  ${entry}`), ''].join('\n');
  await writeFile(path.join(home, 'models.yaml'), text);
  return home;
}

/** A server with the backend, over a models.yaml of these entries. */
async function startPortico(...entries: readonly string[]) {
  const home = await homeWith(...entries);
  const server = await composeServer(
    resolveSettings({ port: '0' }, { PORTICO_HOME: home }),
    pino({ level: 'silent' }),
    { backends: WITH_TINY },
  );
  onTestFinished(() => server.stop());
  return server;
}

/** Output of a command that knows the backend. */
async function outputOf(home: string, ...args: readonly string[]): Promise<string> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCommandLine(args, {
    stdout,
    stderr,
    stdin: Readable.from(['']),
    environment: { HOME: home, PORTICO_HOME: home },
    backends: WITH_TINY,
  });
  expect({ code, stderr: stderr.read() as unknown }).toEqual({ code: 0, stderr: null });
  return String(stdout.read());
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

  it('shows its entries and the models that it discovers in a list', async () => {
    const home = await homeWith('mine: { backend: tiny, first_word: Hi }');
    expect(await outputOf(home, 'ls')).toMatch(
      /^mine +tiny +- +upstream +http:\/\/tiny\.test\/?$[^]*^found +tiny +- +upstream /m,
    );
  });

  it('lists its own fields for programs, with absolute paths and without secrets', async () => {
    const own = 'first_word: Hi, dictionary: ./words, secret: s3cret';
    const home = await homeWith(`mine: { backend: tiny, ${own} }`);
    const text = await outputOf(home, 'ls', '--json');
    const { models } = z
      .looseObject({ models: z.array(z.looseObject({ name: z.string() })) })
      .parse(JSON.parse(text));
    expect(models.find(({ name }) => name === 'mine')).toMatchObject({
      firstWord: 'Hi',
      dictionary: path.join(home, 'words'),
    });
    expect(text).not.toContain('s3cret');
  });

  it('describes its models by what the backend says', async () => {
    const home = await homeWith('mine: { backend: tiny, first_word: Hi }');
    expect(await outputOf(home, 'show', 'mine')).toMatch(
      /^context +100 tokens$[^]*^capabilities +text$[^]*^backend +tiny$/m,
    );
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
