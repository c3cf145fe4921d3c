import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import { readGguf } from '../../../../../src/backends/local/runners/llama-cpp/gguf.ts';
import { readProjector } from '../../../../../src/backends/local/pictures/projector.ts';
import type { Backend } from '../../../../../src/core/backend.ts';
import type { GenerationEvent } from '../../../../../src/core/events.ts';
import { MOST_CONTEXT_TOKENS } from '../../../../../src/core/model.ts';
import type { ModelSpec } from '../../../../../src/core/model.ts';
import { childrenOf } from '../../../../support/processes.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

const childModule = new URL('../../../../../dist/backends/local/worker/child.js', import.meta.url);
const soon = () => AbortSignal.timeout(40_000);
const LONG = `Repeat after me: ${'word '.repeat(3000)}`;

let folder = '';
let backend: Backend;
let inThisProcess: Backend;
/** Processes that are not of this suite. */
let others: readonly number[] = [];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
  others = await childrenOf(process.pid);
  const open = (engine: 'isolated' | 'in-process') =>
    createLocalBackend({
      engine,
      ...ENGINE,
      context: undefined,
      parallel: 2,
      queueLimit: 8,
      childModule,
      log: () => undefined,
    });
  [backend, inThisProcess] = [open('isolated'), open('in-process')];
});
afterAll(async () => {
  await backend.close();
  await inThisProcess.close();
  await rm(folder, { recursive: true });
});

function ask(model: ModelSpec, text = 'Count from 1 to 3', asked = backend) {
  return asked.generate(request(model, said(text)), soon());
}

async function newEngines(): Promise<readonly number[]> {
  return (await childrenOf(process.pid)).filter((pid) => !others.includes(pid));
}

/** Offset in the embedded model's file: the first occurrence of these bytes after a name. */
function place(file: Buffer, name: string, bytes: Buffer): number {
  const at = file.indexOf(bytes, file.indexOf(name));
  if (at === -1) throw new Error(`${name} has no such bytes`);
  return at;
}

/** A token of one letter, as a GGUF has it: its length in 64 bits, and its text. */
function token(letter: string): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeBigUInt64LE(1n);
  bytes.write(letter, 8);
  return bytes;
}

describe('a process that is killed', () => {
  covers('R6.7-kill');

  it.each<[string, string, (event: GenerationEvent) => boolean]>([
    ['loads', 'load', (event) => event.type === 'progress' && event.phase === 'loading'],
    ['prefills', 'prefill', (event) => event.type === 'progress' && event.phase === 'prefill'],
    ['decodes', 'decode', (event) => event.type === 'text-delta'],
  ])('while it %s fails its own requests, and no other model', async (_title, name, isThen) => {
    const other = { ...MINI, name: 'other' };
    expect((await collect(ask(other))).text).toBe('1, 2, 3');
    const spared = await newEngines();
    const model = { ...MINI, name };
    const broken = (async () => {
      for await (const event of ask(model, LONG)) {
        if (!isThen(event)) continue;
        for (const pid of await newEngines()) {
          if (!spared.includes(pid)) process.kill(pid, 'SIGKILL');
        }
      }
    })();
    await expect(broken).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringMatching(
        new RegExp(`^The engine of ${name} ended unexpectedly \\(SIGKILL\\): .*memory.*starts it`),
      ),
    });
    expect((await collect(ask(other))).text).toBe('1, 2, 3');
    expect(await newEngines()).toEqual(spared);
    expect((await collect(ask(model))).text).toBe('1, 2, 3');
    await backend.unload?.(name);
  });
});

describe('a file that makes llama.cpp abort', () => {
  covers('R6.7-abort');

  it('ends its process alone, is reported in llama.cpp’s words, and runs after a repair', async () => {
    const file = path.join(folder, 'aborts.gguf');
    const whole = await readFile(MINI.file ?? '');
    const bytes = Buffer.from(whole);
    // Two tokens of the same text: llama.cpp asserts that there are none.
    token('a').copy(bytes, place(bytes, 'tokenizer.ggml.tokens', token('b')));
    await writeFile(file, bytes);
    const model = { ...MINI, name: 'aborts', file };
    await expect(collect(ask(model))).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringMatching(/\(SIGABRT\): .*GGML_ASSERT\(.*\) failed/),
    });
    expect((await collect(ask(MINI))).text).toBe('1, 2, 3');
    await writeFile(file, whole);
    expect((await collect(ask(model))).text).toBe('1, 2, 3');
  });
});

describe('a file that is corrupt', () => {
  covers('R6.7-files');

  // The addon has one logger for a process, and llama.cpp's words are known only by it.
  it('is refused in llama.cpp’s words each time', async () => {
    const whole = await readFile(MINI.file ?? '');
    for (const name of ['once', 'twice', 'thrice']) {
      const file = path.join(folder, `${name}.gguf`);
      await writeFile(file, Buffer.from(whole).fill(7, 8, 9));
      const asked = ask({ ...MINI, name, file }, undefined, inThisProcess);
      await expect(collect(asked)).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringMatching(/missing tensor/),
      });
      await inThisProcess.unload?.(name);
    }
  });

  // Nothing is between a file and this process where the engine is in it; engine.test.ts has isolated ones.
  it.each<[string, (whole: Buffer) => Buffer]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut in its header', (whole) => whole.subarray(0, 500)],
    ['cut in its vocabulary', (whole) => whole.subarray(0, 20_000)],
    ['cut in its weights', (whole) => whole.subarray(0, -1000)],
    ['with a length that no text has', (whole) => Buffer.from(whole).fill(0x0f, 24, 28)],
    ['of another magic', (whole) => Buffer.from(whole).fill('X', 2, 4)],
    ['with another number of tensors', (whole) => Buffer.from(whole).fill(7, 8, 9)],
    ['of another version', (whole) => Buffer.from(whole).fill(0xff, 4, 8)],
    ['with a count that no file has', (whole) => Buffer.from(whole).fill(0x7f, 8, 16)],
  ])('and %s fails its request with its name, and nothing else', async (title, damage) => {
    const file = path.join(folder, `${title.replaceAll(' ', '-')}.gguf`);
    await writeFile(file, damage(await readFile(MINI.file ?? '')));
    const asked = ask({ ...MINI, name: title, file }, undefined, inThisProcess);
    await expect(collect(asked)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(file),
    });
    expect((await collect(ask(MINI, undefined, inThisProcess))).text).toBe('1, 2, 3');
    await inThisProcess.unload?.(title);
  });
});

describe('a named pipe in place of a file', () => {
  covers('R12.2-pipes');

  it('fails its request with its name and is not opened', async () => {
    const file = path.join(folder, 'pipe.gguf');
    await promisify(execFile)('mkfifo', [file]);
    await expect(collect(ask({ ...MINI, name: 'pipe', file }))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`${file} can't be read as GGUF: it is a named pipe`),
    });
    await backend.unload?.('pipe');
    await expect(readGguf(file)).rejects.toThrow('is a named pipe');
    await expect(readProjector(file)).rejects.toThrow('is a named pipe');
  });

  it.each(['/dev/null', tmpdir()])('so does %s', async (file) => {
    await expect(readGguf(file)).rejects.toThrow('not a regular file');
  });
});

describe('a context that is too large', () => {
  covers('R6.7-memory');

  const inMemoryOf = (total: number) =>
    createLocalBackend({
      engine: 'isolated',
      ...ENGINE,
      context: undefined,
      parallel: 1,
      queueLimit: 8,
      childModule,
      memory: { free: () => total, total },
      log: () => undefined,
    });
  // So many at a time that they exceed any machine's memory: one takes 30 GB and more.
  const parallel = Math.ceil(totalmem() / 15e9);
  const huge = { ...MINI, name: 'huge', context: MOST_CONTEXT_TOKENS, parallel };

  it('for the machine is refused before it is tried', async () => {
    const small = inMemoryOf(4e9);
    const asked = small.generate(request(huge, said('Hello')), soon());
    await expect(collect(asked)).rejects.toMatchObject({
      code: 'model-load-failed',
      message: expect.stringMatching(/context would take about .* Set a smaller one/),
    });
    await small.close();
  });

  it('for llama.cpp fails, and the next request works', async () => {
    const trusting = inMemoryOf(1e15);
    const asked = trusting.generate(request(huge, said('Hello')), soon());
    await expect(collect(asked)).rejects.toMatchObject({
      code: 'model-load-failed',
      message: expect.stringMatching(/^No context of 16777216 tokens .* Set a smaller one/),
    });
    const next = trusting.generate(request(MINI, said('Count from 1 to 3')), soon());
    expect((await collect(next)).text).toBe('1, 2, 3');
    await trusting.close();
  });
});
