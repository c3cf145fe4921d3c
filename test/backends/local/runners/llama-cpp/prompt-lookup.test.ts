import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LlamaGrammarEvaluationState, TokenBias } from 'node-llama-cpp';
import type { LlamaModel, Token } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import type { GrammarState } from '../../../../../src/backends/local/runners/llama-cpp/token-grammar.ts';
import { PromptLookup } from '../../../../../src/backends/local/runners/llama-cpp/prompt-lookup.ts';
import { Scheduler } from '../../../../../src/backends/local/runners/llama-cpp/scheduler.ts';
import { Slot } from '../../../../../src/backends/local/runners/llama-cpp/slot.ts';
import { startLlama } from '../../../../../src/backends/local/model/native-llama.ts';
import type { NativeLlama } from '../../../../../src/backends/local/model/native-llama.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { ENGINE, NATIVE_CONTEXT } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

/** Lookup on an injected clock: the test sets how long each batch takes. */
function lookupOf(tokens: readonly number[], mayGuess = () => true) {
  let now = 0;
  const lookup = new PromptLookup({ mayGuess, now: () => now });
  lookup.enabled = true;
  lookup.reset({ stateTokens: tokens as Token[] });
  return {
    lookup,
    /** Returns the guess after the tokens that the last batch sampled. */
    next: (taken: readonly number[], milliseconds = 10): readonly number[] => {
      now += milliseconds;
      for (const token of taken) lookup.pushTokens([token as Token]);
      return lookup.predictTokens();
    },
  };
}

const TEXT = [1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('a guess', () => {
  covers('R6.5-lookup');

  it('is what followed the last three tokens earlier, once the time per token is known', () => {
    const { next } = lookupOf([...TEXT, 1, 2, 3]);
    expect(next([])).toEqual([]);
    expect(next([4])).toEqual([5]);
    expect(next([5, 6])).toEqual([7]);
  });

  it('is the latest of several continuations', () => {
    const { next } = lookupOf([1, 2, 3, 4, 1, 2, 3, 5, 0, 1, 2]);
    expect(next([])).toEqual([]);
    expect(next([3])).toEqual([5]);
  });

  it('continues an answer that repeats itself', () => {
    const { next } = lookupOf([7, 8, 7, 8]);
    expect(next([])).toEqual([]);
    expect(next([7])).toEqual([8]);
  });

  it.each([
    ['tokens that never came before', lookupOf([5, 4, 3, 2])],
    ['others that wait for the batch', lookupOf([...TEXT, 1, 2, 3], () => false)],
  ])('is not made for %s', (_case, { next }) => {
    expect(next([])).toEqual([]);
    expect(next([4])).toEqual([]);
  });

  it('is not made for an answer with a seed', () => {
    const { lookup, next } = lookupOf([...TEXT, 1, 2, 3]);
    lookup.enabled = false;
    expect(next([])).toEqual([]);
    expect(next([4])).toEqual([]);
  });

  it('backs off for longer and longer while guesses save no time, then resumes', () => {
    const { next } = lookupOf([...TEXT, 1, 2, 3]);
    next([]);
    expect(next([4])).toEqual([5]);
    // Two tokens in the time of three.
    expect(next([5, 6], 30)).toEqual([]);
    expect(next([7])).toEqual([]);
    expect(next([8])).toEqual([9]);
    next([9, 1], 30);
    for (const token of [2, 3, 4]) expect(next([token])).toEqual([]);
    expect(next([5])).toEqual([6]);
  });

  it('reports if a token may have been evaluated ahead', () => {
    const { lookup, next } = lookupOf([...TEXT, 1, 2, 3]);
    next([]);
    expect(lookup.isAhead).toBe(false);
    next([4]);
    expect(lookup.isAhead).toBe(true);
    lookup.pushTokens([5 as Token]);
    expect(lookup.isAhead).toBe(false);
  });
});

describe('a slot that guesses', () => {
  covers('R6.5-lookup');

  let native: NativeLlama;
  let model: LlamaModel;
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
    native = await startLlama();
    model = await native.loadModel({ modelPath: MINI.file ?? '' });
  });
  afterAll(async () => {
    await native.close();
    await rm(folder, { recursive: true });
  });

  const COPY =
    '<|im_start|>user\nRepeat exactly: the quick brown fox jumps over a lazy dog while seven grey cats.<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n';

  async function open() {
    const scheduler = new Scheduler();
    let batches = 0;
    const context = await model.createContext({
      contextSize: 512,
      sequences: 3,
      ...NATIVE_CONTEXT,
      batching: {
        itemPrioritizationStrategy: (queue) => {
          const batch = scheduler.plan(queue);
          batches += batch.length > 0 ? 1 : 0;
          return batch;
        },
      },
    });
    const slot = (guesses: boolean) => new Slot(context, scheduler, guesses);
    const tokens = context.contextSize;
    return { slot, batches: () => batches, tokens, close: () => context.dispose() };
  }

  /** Generates an answer to the prompt, and counts its batches. */
  async function answer(slot: Slot, batches: () => number, most = 40, seed?: number) {
    const prompt = model.tokenize(COPY, true);
    await slot.reuse(prompt);
    for await (const _ of slot.prefill(prompt, new AbortController().signal));
    const from = batches();
    const tokens = await follow(slot, prompt, most, seed);
    return { text: model.detokenize(tokens), tokens, batches: batches() - from };
  }

  async function follow(slot: Slot, [...before]: readonly Token[], most: number, seed?: number) {
    const last = before.pop();
    if (last === undefined) throw new Error('The prompt is empty.');
    const tokens: Token[] = [];
    const sampling = { temperature: 0, ...(seed !== undefined && { seed }) };
    for await (const token of slot.decode(last, sampling, () => undefined)) {
      if (tokens.push(token) === most) break;
    }
    return tokens;
  }

  it('answers the same in fewer batches', async () => {
    const { slot, batches, close } = await open();
    const plain = await answer(slot(false), batches);
    const guessed = await answer(slot(true), batches);
    expect(plain.text).toContain('jumps over');
    expect(guessed.text).toBe(plain.text);
    expect(guessed.batches).toBeLessThan(plain.batches);
    await close();
  });

  it.each([6, 7, 8, 9, 10, 11])('follows a grammar that applies from token %i on', async (from) => {
    const { slot, batches, close } = await open();
    const one = slot(true);
    await answer(one, batches, 1);
    const grammar = await native.llama.createGrammar({ grammar: 'root ::= "AB"' });
    const prompt = model.tokenize(COPY, true);
    await one.reuse(prompt);
    const tokens: Token[] = [];
    let held: GrammarState | undefined;
    const [last = prompt[0]] = prompt.slice(-1);
    if (last === undefined) throw new Error('The prompt is empty.');
    for await (const token of one.decode(last, { temperature: 0 }, () => held)) {
      if (tokens.push(token) !== from) continue;
      const state = new LlamaGrammarEvaluationState({ model, grammar });
      held = { state, bias: TokenBias.for(model) };
    }
    expect(model.detokenize(tokens.slice(from))).toBe('AB');
    await close();
  });

  it.each([6, 7, 8, 9, 10])('goes on when its prefix is copied at token %i', async (at) => {
    const { slot, batches, close } = await open();
    const [one, other] = [slot(true), slot(true)];
    const whole = await answer(one, batches);
    const prompt = model.tokenize(COPY, true);
    await one.reuse(prompt);
    const [last] = prompt.slice(-1);
    if (last === undefined) throw new Error('The prompt is empty.');
    const stream = one.decode(last, { temperature: 0 }, () => undefined);
    const tokens: Token[] = [];
    for (;;) {
      const coming = stream.next();
      // While its batch is under way.
      if (tokens.length === at) await other.fork(one, prompt, folder);
      const next = await coming;
      if (next.done === true) break;
      tokens.push(next.value);
    }
    expect(tokens).toEqual(whole.tokens);
    expect((await answer(other, batches)).tokens).toEqual(whole.tokens);
    await close();
  });

  it('guesses up to the end of the context, and not beyond', async () => {
    const { slot, close, tokens: room } = await open();
    const one = slot(true);
    const pattern = model.tokenize('one two three four five six', false);
    const at = (index: number) => pattern[index % pattern.length] ?? [];
    const prompt = Array.from({ length: room - 1 - 12 }, (_, index) => at(index)).flat();
    for await (const _ of one.prefill(prompt, new AbortController().signal));
    const [last] = prompt.slice(-1);
    if (last === undefined) throw new Error('The prompt is empty.');
    const guesses = vi.spyOn(PromptLookup.prototype, 'predictTokens');
    const stream = one.decode(last, { temperature: 0 }, () => undefined);
    let next = await stream.next();
    for (let index = 0; index < 11; index += 1) {
      expect(next.done).toBe(false);
      next = await stream.next(at(prompt.length + index));
    }
    expect(next.done).toBe(false);
    await stream.return();
    expect(one.length).toBe(prompt.length + 11);
    expect(guesses.mock.results.at(-1)?.value).toHaveLength(1);
    guesses.mockRestore();
    await close();
  });

  it('samples every token by itself if a seed is given', async () => {
    const { slot, batches, close } = await open();
    const { tokens, batches: count } = await answer(slot(true), batches, 40, 7);
    expect(count).toBeGreaterThanOrEqual(tokens.length);
    await close();
  });

  it.each([6, 7, 8, 9, 10, 11])(
    'contains the requested tokens after it was left at %i tokens',
    async (most) => {
      const { slot, batches, close } = await open();
      const [one, other] = [slot(true), slot(true)];
      const whole = await answer(one, batches);
      const part = await answer(one, batches, most);
      expect(part.tokens).toEqual(whole.tokens.slice(0, most));
      // The last token that was sampled has not been evaluated.
      const prompt = model.tokenize(COPY, true);
      expect(one.tokens).toEqual([...prompt, ...part.tokens.slice(0, -1)]);
      const file = path.join(folder, String(most));
      await one.save(file);
      await other.load(file);
      expect(other.tokens).toEqual(one.tokens);
      const kept = other.length;
      const after = [...prompt, ...part.tokens];
      expect(await other.reuse(after)).toBe(kept);
      expect(await follow(other, part.tokens, 40)).toEqual(whole.tokens.slice(most));
      expect((await answer(one, batches)).tokens).toEqual(whole.tokens);
      await close();
    },
  );
});

describe('a model', () => {
  covers('R6.5-lookup', 'R6.5-precedence');

  it.each([
    ['guesses', undefined, undefined, true],
    ['does not where its entry says so', 'off', undefined, false],
    ['does where the server says so over it', 'off', 'auto', true],
    ['does not where the server says so', undefined, 'off', false],
  ] as const)('%s', async (_case, promptLookup, server, guesses) => {
    const predict = vi.spyOn(PromptLookup.prototype, 'predictTokens');
    const backend = createLocalBackend({
      engine: 'in-process',
      ...ENGINE,
      context: undefined,
      queueLimit: 1,
      promptLookup: server,
      log: () => undefined,
    });
    onTestFinished(async () => {
      predict.mockRestore();
      await backend.close();
    });
    const spec = { ...MINI, ...(promptLookup !== undefined && { promptLookup }) };
    const copied =
      'Repeat exactly: the quick brown fox jumps over a lazy dog while seven grey cats.';
    await collect(backend.generate(request(spec, said(copied)), AbortSignal.timeout(30_000)));
    const made = predict.mock.results.some(({ value }) => Array.isArray(value) && value.length > 0);
    expect(made).toBe(guesses);
  });
});
