import { describe, expect, it } from 'vitest';
import type { Token } from 'node-llama-cpp';
import { AnswerDecoder } from '../../../../../src/backends/local/answer-decoder.ts';
import { Grammars } from '../../../../../src/backends/local/grammars.ts';
import { Prompter } from '../../../../../src/backends/local/prompter.ts';
import { TokenCompletion } from '../../../../../src/backends/local/runners/llama-cpp/completion.ts';
import { openLlamaCpp } from '../../../../../src/backends/local/runners/llama-cpp/runner.ts';
import type { TokenStream } from '../../../../../src/backends/local/runners/llama-cpp/sampling-options.ts';
import { GrammarCompiler } from '../../../../../src/backends/local/runners/llama-cpp/token-grammar.ts';
import { Transcripts } from '../../../../../src/backends/local/transcripts.ts';
import type { GenerationEvent } from '../../../../../src/core/events.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { MINI, request, said } from '../../../../support/requests.ts';
import { covers } from '../../../../support/covers.ts';

describe('a model that continues with another role’s turn', () => {
  covers('R3.1-turn-ends');

  it('is ended there, and none of it reaches the client', async () => {
    const settings = { ...ENGINE, context: undefined, queueLimit: 1 };
    const spec = { ...MINI, file: MINI.file ?? '' };
    const runner = await openLlamaCpp(spec, settings, () => undefined);
    const { head, grammarFeatures } = runner;
    const { model, turnEnds, prompts } = head;
    const compiler = new GrammarCompiler(model, head.controlTexts);
    const grammars = new Grammars({
      prompts,
      compile: (gbnf) => compiler.compile(gbnf),
      log: () => undefined,
    });
    const { signal } = new AbortController();
    const prompter = new Prompter({
      runner,
      contextSize: 8192,
      transcripts: new Transcripts<readonly Token[]>(),
      load: () => Promise.reject(new Error('tokens are counted without weights')),
    });
    const prepared = await prompter.prepare(request(MINI, said('Hi')), signal);
    const completion = new TokenCompletion({
      model,
      compiler,
      turnEnds,
      slot: slotThatWrites(model.tokenize('Hello.<|im_start|>user\nAnd now I speak', true)),
      prompt: prepared.prompt,
      sampling: {},
      maxTokens: prepared.limit.tokens,
    });
    const decoder = new AnswerDecoder({ head, grammarFeatures, grammars }, prepared, completion);
    const events: GenerationEvent[] = [];
    for await (const event of decoder.run(signal)) events.push(event);
    const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
    expect(text).toBe('Hello.');
    expect(decoder.reason).toBe('end-turn');
    await runner.close();
  });
});

/** Fake of a slot whose model writes what the test says: no real model can be made to. */
function slotThatWrites(tokens: readonly Token[]): { decode(): TokenStream } {
  return {
    async *decode() {
      yield* tokens;
    },
  };
}
