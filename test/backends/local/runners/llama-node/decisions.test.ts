import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addonPrompt } from '../../../../../src/backends/local/runners/llama-node/context-options.ts';
import { completionOptions } from '../../../../../src/backends/local/runners/llama-node/native-options.ts';
import {
  allowedSilence,
  SilenceWatch,
} from '../../../../../src/backends/local/runners/llama-node/silence-watch.ts';
import { readProjector } from '../../../../../src/backends/local/pictures/projector.ts';
import type { GenerationEvent } from '../../../../../src/core/events.ts';
import { MINI, request, said } from '../../../../support/requests.ts';
import { PICTURES, user } from './sights.ts';
import { SEEING } from './seeing.ts';
import { covers } from '../../../../support/covers.ts';

const PROMPT = addonPrompt('p');
const greedy = { maxTokens: 9, ends: [], sampling: { temperature: 0, topK: 40 } };

describe('what the addon picks tokens by', () => {
  covers('R7.2-greedy');

  it('is the likeliest one at a temperature of 0', () => {
    expect(completionOptions(PROMPT, greedy)).toMatchObject({ temperature: 0, top_k: 1 });
  });

  it.each([
    [{}, { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05 }],
    [
      { temperature: 1, topK: 5, topP: 0.5, minP: 0, seed: 7 },
      { top_k: 5, top_p: 0.5, seed: 7 },
    ],
  ])('%j never drops likely tokens, nor punishes repetition', (sampling, expected) => {
    expect(completionOptions(PROMPT, { ...greedy, sampling })).toMatchObject({
      ...expected,
      xtc_probability: 0,
      dry_multiplier: 0,
      penalty_repeat: 1,
    });
  });

  it('is a grammar from its triggers on, which the addon has to know as tokens', () => {
    const triggered = { ...greedy, grammar: 'root ::= "a"', triggers: ['<tool_call>'] };
    expect(completionOptions(PROMPT, triggered)).toMatchObject({
      grammar_lazy: true,
      grammar_triggers: [{ type: 1, value: '<tool_call>' }],
      preserved_tokens: ['<tool_call>'],
    });
    const whole = completionOptions(PROMPT, { ...greedy, grammar: 'root ::= "a"' });
    expect(whole).not.toHaveProperty('grammar_lazy');
  });
});

describe('a projector file', () => {
  covers('R7.2-fitted');

  it('says which size its pictures have', async () => {
    expect(await readProjector(SEEING.mmproj ?? '')).toEqual({ imageSize: 64 });
  });

  it.each([
    ['a model', MINI.file ?? ''],
    ['no file', '/nowhere/eyes.gguf'],
  ])('is not %s', async (_case, file) => {
    await expect(readProjector(file)).rejects.toMatchObject({ code: 'unsupported' });
    await expect(readProjector(file)).rejects.toThrow(/mmproj/);
  });
});

describe('an engine that says nothing', () => {
  covers('R7.2-wedged');

  const ended = vi.fn<() => void>();
  const watch = new SilenceWatch(allowedSilence);
  const seeing = request(SEEING, [user(PICTURES.red), ...said()]);
  const events = (...all: readonly GenerationEvent[]) =>
    watch.heard({ type: 'events', call: 1, events: all });
  const minutes = (count: number) => vi.advanceTimersByTime(count * 60_000);

  beforeEach(() => {
    vi.useFakeTimers();
    ended.mockClear();
    watch.ended();
    watch.started(ended);
    watch.sent({ type: 'generate', call: 1, request: seeing });
  });
  afterEach(() => {
    watch.ended();
    vi.useRealTimers();
  });

  it('to a request with a picture ends after two minutes', () => {
    minutes(1.9);
    expect(ended).not.toHaveBeenCalled();
    minutes(0.2);
    expect(ended).toHaveBeenCalledOnce();
  });

  it('while it evaluates a prompt has as long as that may take', () => {
    events(
      { type: 'admitted', inputTokens: 8000 },
      { type: 'progress', phase: 'prefill', done: 0, total: 8000 },
    );
    minutes(35);
    expect(ended).not.toHaveBeenCalled();
    minutes(1);
    expect(ended).toHaveBeenCalledOnce();
  });

  it('while it writes has a minute for each token', () => {
    events({ type: 'text-delta', text: 'a' });
    minutes(0.9);
    events({ type: 'text-delta', text: 'b' });
    minutes(0.9);
    expect(ended).not.toHaveBeenCalled();
    minutes(0.2);
    expect(ended).toHaveBeenCalledOnce();
  });

  it('lives as long as it has nothing to do', () => {
    watch.heard({ type: 'done', call: 1 });
    minutes(600);
    expect(ended).not.toHaveBeenCalled();
  });

  it('lives while it loads, and while a request that was given up ends', () => {
    watch.heard({
      type: 'acquire',
      needs: { place: 'CPU', free: 1, weights: 1, context: 1, sequence: 1, parallel: 1 },
    });
    minutes(60);
    expect(ended).not.toHaveBeenCalled();
    watch.heard({ type: 'settled', loaded: true });
    watch.sent({ type: 'cancel', call: 1 });
    minutes(600);
    expect(ended).not.toHaveBeenCalled();
  });
});
