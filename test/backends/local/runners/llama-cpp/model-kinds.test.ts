import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS } from '../../../../../bench/random-model/architectures.ts';
import { TINY, writeRandomModel } from '../../../../../bench/random-model/write.ts';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import type { Backend } from '../../../../../src/core/backend.ts';
import type { Turn } from '../../../../../src/core/conversation.ts';
import type { ModelSpec } from '../../../../../src/core/model.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

const soon = () => AbortSignal.timeout(60_000);
const essay = (topic: string) => `${topic}: ${`${topic} is calm, the night is long. `.repeat(25)}`;

/** Kinds whose state file can be continued, but not cut. */
const PARTIAL: readonly string[] = ['gemma3', 'mamba', 'lfm2'];

/** Largest distance of the last checkpoint from the end of a prompt, in tokens. */
const NEAR = 32;

describe.each(KINDS)('a random model of the kind %s', (kind) => {
  covers('R6.2-kinds', 'R6.1-interleaved');

  let folder = '';
  let backend: Backend;
  let model: ModelSpec;
  const logged: string[] = [];
  const open = (parallel = 2) =>
    createLocalBackend({
      engine: 'in-process',
      ...ENGINE,
      context: 2048,
      parallel,
      states: { folder: path.join(folder, 'states'), limitBytes: 100_000_000 },
      queueLimit: 8,
      log: (message, level) => level !== 'info' && logged.push(message),
    });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
    const file = path.join(folder, `${kind}.gguf`);
    // Rounding to 8 bits depends on the steps of a prefill, which depend on the clock.
    const vocabulary = MINI.file ?? '';
    writeRandomModel(file, { kind, size: TINY, quantized: false, vocabulary });
    model = { name: kind, backend: 'llama', file };
    backend = open();
  });
  afterAll(async () => {
    await backend.close();
    await rm(folder, { recursive: true });
  });

  async function ask(turns: readonly Turn[], from = backend) {
    const asked = request(model, turns, { maxTokens: 16 });
    const { text, finish } = await collect(from.generate(asked, soon()));
    if (finish === undefined) throw new Error('The answer has no end.');
    return { text, usage: finish.usage };
  }

  /** Returns the answer to the same request from an engine with nothing cached. */
  async function askAlone(turns: readonly Turn[]) {
    const alone = open();
    const answer = await ask(turns, alone);
    await alone.close();
    return answer;
  }

  it('continues two conversations that take turns', async () => {
    const talks = ['river', 'mountain'].map((topic) => [essay(topic)]);
    const known: number[] = [];
    for (const talk of talks) {
      const { text, usage } = await ask(said(...talk));
      known.push(usage.promptTokens + usage.outputTokens - 1);
      talk.push(text, 'And then?');
    }
    for (const [index, talk] of talks.entries()) {
      const { usage } = await ask(said(...talk));
      expect(usage.cacheReadTokens).toBe(known[index]);
    }
  });

  it('continues exactly from a prompt whose answer was replaced', async () => {
    const { usage } = await ask(said(essay('forest')));
    const talk = said(essay('forest'), 'It is.', 'And then?');
    const next = await ask(talk);
    expect(next.usage.cacheReadTokens).toBeGreaterThanOrEqual(usage.promptTokens - NEAR);
    const alone = await askAlone(talk);
    expect(alone.usage.cacheReadTokens).toBe(0);
    expect(next.text).toBe(alone.text);
  });

  it('repeats an answer from near the end of its prompt', async () => {
    const asked = said(essay('desert'));
    const first = await ask(asked);
    const again = await ask(asked);
    expect(again.usage.cacheReadTokens).toBeGreaterThanOrEqual(first.usage.promptTokens - NEAR);
    expect(again.text).toBe(first.text);
  });

  it('cuts a state from a file only if the file has all of it', async () => {
    const talks = ['one', 'two', 'three'].map((topic) => said(essay(topic)));
    const first = [];
    for (const talk of talks) first.push(await ask(talk));
    const back = await ask(talks[0] ?? []);
    expect(back.text).toBe(first[0]?.text);
    const known = (first[0]?.usage.promptTokens ?? 0) - 1;
    if (PARTIAL.includes(kind)) expect(back.usage.cacheReadTokens).toBeLessThan(known / 2);
    else expect(back.usage.cacheReadTokens).toBe(known);
    expect(logged).toEqual([]);
  });

  it('continues a conversation after the end of its engine, and then another answer', async () => {
    const first = open();
    const talk = [essay('island')];
    const { text, usage } = await ask(said(...talk), first);
    await first.close();
    const second = open();
    talk.push(text, 'And then?');
    const next = await ask(said(...talk), second);
    expect(next.usage.cacheReadTokens).toBe(usage.promptTokens + usage.outputTokens - 1);
    const alone = await askAlone(said(...talk));
    expect(next.text).toBe(alone.text);
    const changed = said(essay('island'), 'It is.', 'And then?');
    const other = await ask(changed, second);
    await second.close();
    const before = usage.promptTokens - NEAR;
    if (PARTIAL.includes(kind)) expect(other.usage.cacheReadTokens).toBeLessThan(before / 2);
    else expect(other.usage.cacheReadTokens).toBeGreaterThanOrEqual(before);
    expect(other.text).toBe((await askAlone(changed)).text);
    expect(logged).toEqual([]);
  });

  it('reads no file of an engine with another number of slots, which would fail', async () => {
    const first = open();
    const talk = [essay('harbour')];
    const { text } = await ask(said(...talk), first);
    await first.close();
    const second = open(1);
    const { usage } = await ask(said(...talk, text, 'And then?'), second);
    await second.close();
    expect(usage.cacheReadTokens).toBe(0);
    expect(logged).toEqual([]);
  });
});
