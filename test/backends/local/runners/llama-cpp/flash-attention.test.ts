import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import { describeGguf } from '../../../../../src/backends/local/runners/llama-cpp/describe.ts';
import {
  chooseAttention,
  tokenTimeOf,
} from '../../../../../src/backends/local/runners/llama-cpp/flash-attention/choice.ts';
import type { AttentionRates } from '../../../../../src/backends/local/runners/llama-cpp/flash-attention/choice.ts';
import { decideAttention } from '../../../../../src/backends/local/runners/llama-cpp/flash-attention/decision.ts';
import type { AttentionConditions } from '../../../../../src/backends/local/runners/llama-cpp/flash-attention/decision.ts';
import {
  agentMix,
  NO_REQUESTS,
  tokensOf,
  withRequest,
} from '../../../../../src/backends/local/runners/llama-cpp/flash-attention/request-mix.ts';
import type { RequestTokens } from '../../../../../src/backends/local/runners/llama-cpp/flash-attention/request-mix.ts';
import { covers } from '../../../../support/covers.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';

/** Tokens per second of SmolLM2-135M at four depths, measured with llama-server on one thread. */
const DEPTHS = [1000, 2000, 4000, 7000];
const timesOf = (rates: readonly number[]) => {
  const measured = rates.map((rate, at) => ({ depth: DEPTHS[at] ?? 0, time: 1000 / rate }));
  const time = tokenTimeOf(measured);
  if (time === undefined) throw new Error('The rates have no trend.');
  return time;
};
const RATES: AttentionRates = {
  on: { prefill: timesOf([124, 85, 60, 38]), decode: timesOf([41, 25, 15, 8.7]) },
  off: { prefill: timesOf([89, 56, 36, 23]), decode: timesOf([52, 38, 24, 15.6]) },
};

const mixOf = (...requests: readonly RequestTokens[]) => requests.reduce(withRequest, NO_REQUESTS);
const repeated = (one: RequestTokens, count: number) => Array.from({ length: count }, () => one);
const COLD = { reused: 0, evaluated: 7000, generated: 200 };
const WARM = { reused: 6000, evaluated: 800, generated: 200 };
const CHAT = { reused: 0, evaluated: 60, generated: 1500 };

describe('flash attention on a CPU', () => {
  covers('R6.5-attention');

  it.each([
    ['a long cold prompt', [COLD], 'on', 132, 188],
    ['twenty warm turns', repeated(WARM, 20), 'on', 834, 890],
    ['long answers to short questions', [CHAT], 'off', 34, 28],
  ] as const)('is chosen by the time of %s', (_title, requests, use, on, off) => {
    const choice = chooseAttention(RATES, mixOf(...requests));
    expect(choice.use).toBe(use);
    expect(Math.abs(choice.seconds.on / on - 1)).toBeLessThan(0.05);
    expect(Math.abs(choice.seconds.off / off - 1)).toBeLessThan(0.05);
  });

  it('is on for an agent, whatever the size of the context', () => {
    for (const contextTokens of [4096, 8192, 32_768, 131_072]) {
      expect(chooseAttention(RATES, agentMix(contextTokens)).use).toBe('on');
    }
  });

  it('stays as it was if the gain is below 4 %', () => {
    const mix = mixOf({ reused: 0, evaluated: 1000, generated: 270 });
    const { seconds } = chooseAttention(RATES, mix);
    expect(Math.max(seconds.on, seconds.off) / Math.min(seconds.on, seconds.off)).toBeLessThan(
      1.04,
    );
    expect(chooseAttention(RATES, mix, 'on').use).toBe('on');
    expect(chooseAttention(RATES, mix, 'off').use).toBe('off');
  });

  const conditions: AttentionConditions = {
    flashAttention: 'auto',
    kvType: 'f16',
    context: { tokens: 8192, scoreBytes: 2 ** 28 },
    record: { rates: RATES, measuredWith: 'this build' },
    addon: 'this build',
  };
  const talk = mixOf(...repeated(CHAT, 60));

  it.each<[string, Partial<AttentionConditions>, string, RegExp]>([
    [
      'for an agent',
      {},
      'auto',
      /^the requests of an agent take 1\.\d\d times as long without it, by its measured rates$/,
    ],
    ['before it is measured', { record: {} }, 'auto', /by typical rates$/],
    ['after an update of llama.cpp', { addon: 'another build' }, 'auto', /by typical rates$/],
    [
      'for long answers',
      { record: { ...conditions.record, mix: talk } },
      'off',
      /^its requests so far take 1\.\d\d times as long with it, by its measured rates$/,
    ],
    ['as an entry says', { flashAttention: 'off' }, 'off', /^it is set$/],
    ['on a GPU', { context: undefined }, 'auto', /llama.cpp decides/],
    ['for a quantized context', { kvType: 'q8_0' }, 'auto', /type q8_0 needs it/],
    ['in a short context', { context: { tokens: 2048, scoreBytes: 1 } }, 'auto', /2048 tokens/],
    ['for large scores', { context: { tokens: 8192, scoreBytes: 2 ** 30 } }, 'auto', /1\.07 GB/],
  ])('is decided %s, with a reason', (_title, changes, use, reason) => {
    const decision = decideAttention({ ...conditions, ...changes });
    expect(decision.use).toBe(use);
    expect(decision.reason).toMatch(reason);
  });
});

describe('the mix of requests', () => {
  it('separates cold, warm and generated tokens, each with its mean depth', () => {
    expect(mixOf(COLD, WARM)).toEqual({
      cold: { tokens: 7000, depth: 3500 },
      warm: { tokens: 800, depth: 6400 },
      generated: { tokens: 400, depth: 7000 },
    });
  });

  it('lowers the weight of older requests', () => {
    let mix = NO_REQUESTS;
    for (let count = 0; count < 1000; count++) mix = withRequest(mix, COLD);
    for (let count = 0; count < 1000; count++) mix = withRequest(mix, CHAT);
    expect(tokensOf(mix)).toBeLessThan(1_010_000);
    expect(mix.generated.tokens).toBeGreaterThan(mix.cold.tokens);
  });
});

describe('a model without requests for a while', () => {
  covers('R6.5-attention');
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Answers once, and waits for a line of the log. */
  async function run(line: RegExp, idleMs: number): Promise<readonly string[]> {
    const lines: string[] = [];
    let isFound = () => {};
    const found = new Promise<void>((resolve) => (isFound = resolve));
    const backend = createLocalBackend({
      engine: 'in-process',
      ...ENGINE,
      flashAttention: undefined,
      context: undefined,
      queueLimit: 8,
      attention: { folder, idleMs },
      log(message) {
        lines.push(message);
        if (line.test(message)) isFound();
      },
    });
    try {
      const asked = request(MINI, said('Count from 1 to 3'));
      await collect(backend.generate(asked, AbortSignal.timeout(60_000)));
      await found;
    } finally {
      await backend.close();
    }
    return lines;
  }

  it('is measured once, and the next load chooses by its own rates', async () => {
    const first = await run(/was measured/, 1);
    expect(first).toContainEqual(
      expect.stringMatching(/^mini has flash attention on: .* typical rates$/),
    );
    const [file = ''] = await readdir(folder);
    const record: unknown = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
    expect(record).toMatchObject({ mix: { generated: { tokens: expect.any(Number) } } });
    const { flashAttention } = await describeGguf(MINI, { attention: { folder } });
    expect(flashAttention).toMatch(/^o(n|ff): .*, by its measured rates$/);
    const second = await run(/mini runs on/, 1);
    expect(second).toContainEqual(`mini has flash attention ${flashAttention}`);
    expect(second.join()).not.toContain('was measured');
  }, 60_000);
});
