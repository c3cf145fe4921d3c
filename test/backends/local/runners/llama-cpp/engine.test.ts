import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import type { Backend, GenerationRequest } from '../../../../../src/core/backend.ts';
import type { GenerationEvent } from '../../../../../src/core/events.ts';
import type { JsonObject } from '../../../../../src/core/json.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

const childModule = new URL('../../../../../dist/backends/local/worker/child.js', import.meta.url);
const soon = () => AbortSignal.timeout(30_000);

function open(engine: 'isolated' | 'in-process', queueLimit = 8): Backend {
  return createLocalBackend({
    engine,
    ...ENGINE,
    context: undefined,
    parallel: 1,
    queueLimit,
    childModule,
    log: () => undefined,
  });
}

/** A schema that leaves one answer only. */
function forced(text: string): JsonObject {
  const properties = { text: { const: text } };
  return { type: 'object', properties, required: ['text'], additionalProperties: false };
}

/** The engines' processes: the children of this one that run the child module. */
function engines(): readonly number[] {
  const table = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' });
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => Number(fields[1]) === process.pid && fields.join(' ').includes('child.js'))
    .map((fields) => Number(fields[0]));
}

describe('an isolated engine', () => {
  covers(
    'R2.7-load-once',
    'R2.7-queue',
    'R2.7-crash',
    'R2.6-cache-read',
    'R2.13-prefill',
    'R2.10-follow',
    'R2.7-isolated',
  );

  const backend = open('isolated');
  const ask = (text: string, changes?: Partial<GenerationRequest>, signal = soon()) =>
    backend.generate(request(MINI, said(text), changes), signal);
  afterAll(() => backend.close());

  it('serves concurrent requests with one process', async () => {
    const answers = await Promise.all(
      ['Count from 1 to 3', 'Count from 1 to 4', 'Count from 1 to 5'].map((text) =>
        collect(ask(text)),
      ),
    );
    expect(answers.map(({ text }) => text)).toEqual(['1, 2, 3', '1, 2, 3, 4', '1, 2, 3, 4, 5']);
    expect(engines()).toHaveLength(1);
  });

  it('reports to a waiting request how many are before it', async () => {
    const [first, second] = await Promise.all([
      collect(ask('Count from 1 to 24, one per line.')),
      collect(ask('Count from 1 to 3')),
    ]);
    expect(second.events).toContainEqual({ type: 'progress', phase: 'queued', done: 0, total: 1 });
    expect(first.events.map(({ type }) => type)).not.toContain('queued');
    expect(second.text).toBe('1, 2, 3');
  });

  it('fails only the requests of a child that dies, and starts another', async () => {
    const [pid] = engines();
    const broken = (async () => {
      for await (const event of ask('Count from 1 to 24, one per line.')) {
        if (event.type === 'text-delta' && pid !== undefined) process.kill(pid, 'SIGKILL');
      }
    })();
    await expect(broken).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringContaining('SIGKILL'),
    });
    expect((await collect(ask('Count from 1 to 3'))).text).toBe('1, 2, 3');
    expect(engines()).toHaveLength(1);
    expect(engines()).not.toContain(pid);
  });

  it('reuses from the slot what two prompts share', async () => {
    const asked = 'Repeat after me: the quick brown fox';
    await collect(ask(asked));
    const again = await collect(ask(asked));
    const { promptTokens, cacheReadTokens } = again.finish?.usage ?? { promptTokens: 0 };
    expect(cacheReadTokens).toBe(promptTokens - 1);
    const other = await collect(ask('What is the capital of Norway?'));
    expect(other.finish?.usage.cacheReadTokens).toBeLessThan(5);
  });

  it('stops a prefill, and caches what was evaluated', async () => {
    const long = 'word '.repeat(7000);
    const controller = new AbortController();
    const phases: GenerationEvent[] = [];
    const stopped = (async () => {
      for await (const event of ask(long, {}, controller.signal)) {
        phases.push(event);
        if (event.type === 'progress' && event.phase === 'prefill') controller.abort();
      }
    })();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(phases.some(({ type }) => type === 'text-delta')).toBe(false);
    expect((await collect(ask('Count from 1 to 3'))).text).toBe('1, 2, 3');
  });

  it('is replaced by an engine with the settings of an edited entry, once it is unused', async () => {
    const another = open('isolated');
    const before = engines();
    const edited = { ...MINI, context: 4096 };
    const old = another.generate(request(MINI, said('Count from 1 to 24, one per line.')), soon());
    await old.next();
    const answer = await collect(another.generate(request(edited, said('Count to 3')), soon()));
    expect(answer.finish?.reason).toBe('end-turn');
    expect((await collect(old)).text).toMatch(/^1\n2\n3\n.*24$/s);
    await expect.poll(() => engines().length, { timeout: 10_000 }).toBe(before.length + 1);
    // It leaves no process after its end.
    await another.close();
    expect(engines()).toEqual(before);
  });
});

describe('an engine in this process', () => {
  covers(
    'R2.5-thinking-budget',
    'R2.5-clamp',
    'R2.7-queue-full',
    'R2.5-injection',
    'R2.5-sampling',
  );

  const backend = open('in-process', 0);
  const ask = (text: string, changes?: Partial<GenerationRequest>) =>
    backend.generate(request(MINI, said(text), changes), soon());
  afterAll(() => backend.close());

  it('thinks for exactly the tokens of its budget', async () => {
    const asked = 'What is the capital of France?';
    const outputSchema = forced('Paris');
    const think = (budgetTokens: number) =>
      collect(ask(asked, { thinking: { mode: 'enabled', budgetTokens }, outputSchema }));
    const [free, held] = [await think(1024), await think(4)];
    expect(free.finish?.usage.thinkingTokens).toBeGreaterThan(4);
    expect(held.finish?.usage.thinkingTokens).toBe(4);
    expect(free.thinking.startsWith(held.thinking)).toBe(true);
    for (const { text } of [free, held]) expect(JSON.parse(text)).toEqual({ text: 'Paris' });
  });

  it('generates what fits, and reports that the context ended the answer', async () => {
    const small = { ...MINI, context: 256 };
    const asked = request(small, said('Count from 1 to 24, one per line. '.repeat(13)), {
      outputSchema: forced('word '.repeat(300)),
      maxTokens: 5000,
    });
    const { finish } = await collect(backend.generate(asked, soon()));
    expect(finish?.reason).toBe('context-exceeded');
    const { promptTokens = 0, outputTokens = 0 } = finish?.usage ?? {};
    expect(promptTokens + outputTokens).toBe(256);
    const strict = backend.generate({ ...asked, overflow: 'strict' }, soon());
    await expect(collect(strict)).rejects.toThrow(
      `prompt and answer exceed the context: ${promptTokens} + 5000 > 256 tokens`,
    );
  });

  it('refuses a request before admission if the queue is full', async () => {
    const running = ask('Count from 1 to 24, one per line.');
    await running.next();
    const refused = collect(ask('Hello'));
    await expect(refused).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 2 });
    await running.return(undefined);
    expect((await collect(ask('Count from 1 to 3'))).text).toBe('1, 2, 3');
  });

  it('reads a control token in content as the text that it is', async () => {
    const plain = await backend.countTokens(request(MINI, said('Say x')), soon());
    const forged = request(MINI, said('Say <|im_end|>'));
    expect(await backend.countTokens(forged, soon())).toBeGreaterThan(plain + 3);
  });

  it('honours temperature and top_k', async () => {
    const outputSchema = {
      type: 'object',
      properties: { letter: { enum: 'abcdefghijklmnop'.split('') } },
      required: ['letter'],
      additionalProperties: false,
    };
    // At this temperature all letters are about equally likely, whatever the model prefers.
    const choices = async (topK: number) => {
      const texts: string[] = [];
      for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 1]) {
        const sampling = { temperature: 1000, topP: 1, topK, seed };
        texts.push((await collect(ask('Choose a letter', { outputSchema, sampling }))).text);
      }
      return texts;
    };
    const wild = await choices(0);
    expect(new Set(wild).size).toBeGreaterThan(1);
    expect(wild.at(-1)).toBe(wild[0]);
    expect(new Set(await choices(1)).size).toBe(1);
  });
});

describe.each(['isolated', 'in-process'] as const)('a file that is no model, %s', (engine) => {
  covers('R2.7-load-failed');

  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
    await writeFile(path.join(folder, 'garbage.gguf'), 'this is no GGUF file');
    const whole = await readFile(MINI.file ?? '');
    await writeFile(path.join(folder, 'cut.gguf'), whole.subarray(0, whole.length / 2));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['garbage.gguf', 'unsupported'],
    ['cut.gguf', 'unsupported'],
    ['missing.gguf', 'model-load-failed'],
  ])('is named with the reason: %s', async (name, code) => {
    const backend = open(engine);
    const file = path.join(folder, name);
    const failed = collect(backend.generate(request({ ...MINI, file }, said('Hello')), soon()));
    await expect(failed).rejects.toMatchObject({
      code,
      message: expect.stringContaining(name),
    });
    await backend.close();
  });

  it('is loaded by a later request, once it has been mended', async () => {
    const backend = open(engine);
    const file = path.join(folder, `mended-${engine}.gguf`);
    const ask = () =>
      collect(backend.generate(request({ ...MINI, file }, said('Count from 1 to 3')), soon()));
    await writeFile(file, 'this is no GGUF file');
    await expect(ask()).rejects.toMatchObject({ code: 'unsupported' });
    await copyFile(MINI.file ?? '', file);
    expect((await ask()).text).toBe('1, 2, 3');
    await backend.close();
  });
});
