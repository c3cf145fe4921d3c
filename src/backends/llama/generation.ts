import type { LlamaModel, Token } from 'node-llama-cpp';
import { Output } from '../../chat/output.ts';
import type { ChatFormat, ThinkingTags } from '../../chat/format.ts';
import type { Prompt } from '../../chat/render.ts';
import { callableTools } from '../../chat/render.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import type { GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import { newToolCallId } from '../../core/ids.ts';
import { abortReason } from './queue.ts';
import type { Slot } from './slot.ts';
import { TokenText } from './vocabulary.ts';

/** A request that was counted and fits. */
export interface PreparedRequest {
  readonly request: GenerationRequest;
  readonly prompt: Prompt;
  readonly tokens: readonly Token[];
  /** The most tokens to generate, and why it ends there. */
  readonly limit: { readonly tokens: number; readonly reason: 'max-tokens' | 'context-exceeded' };
}

/** Answers a request on a slot that is this request's own for as long. */
export async function* generateOn(
  slot: Slot,
  model: LlamaModel,
  format: ChatFormat,
  prepared: PreparedRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const { tokens, limit } = prepared;
  const cacheReadTokens = await slot.reuse(tokens);
  for await (const done of slot.prefill(tokens, signal)) {
    yield { type: 'progress', phase: 'prefill', done, total: tokens.length };
  }
  const counts = { promptTokens: tokens.length, cacheReadTokens, cacheCreationTokens: 0 };
  if (limit.tokens === 0) {
    yield finish(limit.reason, null, { ...counts, outputTokens: 0, thinkingTokens: 0 });
    return;
  }
  const decoding = new Decoding(model, format, prepared);
  yield* decoding.run(slot, signal);
  yield finish(decoding.reason, decoding.stopSequence, {
    ...counts,
    outputTokens: decoding.outputTokens,
    thinkingTokens: decoding.thinkingTokens,
  });
}

/** The tokens of one answer, one after the other, and what they come to. */
class Decoding {
  readonly #model: LlamaModel;
  readonly #prepared: PreparedRequest;
  readonly #output: Output;
  readonly #text: TokenText;
  readonly #tags: ThinkingTags | undefined;
  #ended: StopReason = 'end-turn';
  outputTokens = 0;
  thinkingTokens = 0;

  constructor(model: LlamaModel, format: ChatFormat, prepared: PreparedRequest) {
    const { request, prompt, tokens } = prepared;
    this.#model = model;
    this.#prepared = prepared;
    this.#tags = format.thinking;
    this.#text = new TokenText(model, tokens);
    this.#output = new Output({
      format,
      thinkingOpen: prompt.thinkingOpen,
      continuesText: prompt.continuesText,
      tools: callableTools(request.conversation, request.toolChoice),
      stopSequences: request.stopSequences,
      newCallId: newToolCallId,
    });
  }

  get stopSequence(): string | null {
    return this.#output.stopped;
  }

  get reason(): StopReason {
    if (this.#output.stopped !== null) return 'stop-sequence';
    if (this.#ended === 'end-turn' && this.#output.calls > 0) return 'tool-use';
    return this.#ended;
  }

  async *run(slot: Slot, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    const { request, tokens, limit } = this.#prepared;
    const last = tokens.at(-1);
    if (last === undefined) return;
    const sampling = { ...request.model.sampling, ...request.sampling };
    const stream = slot.decode(last, sampling);
    try {
      let instead: Token[] | undefined;
      for (;;) {
        const next = await stream.next(instead);
        if (signal.aborted) throw abortReason(signal);
        if (next.done === true) break;
        instead = this.#spentBudget() ? this.#closeThinking() : undefined;
        yield* this.#take(instead ?? [next.value]);
        if (this.#output.stopped !== null || this.#onlyOneCallMade()) break;
        if (this.outputTokens >= limit.tokens) {
          this.#ended = limit.reason;
          break;
        }
      }
      yield* this.#output.push(this.#text.flush());
      yield* this.#output.end();
    } finally {
      await stream.return();
    }
  }

  *#take(tokens: readonly Token[]): Generator<GenerationEvent> {
    const thinking = this.#output.thinking;
    this.outputTokens += tokens.length;
    const events = this.#output.push(this.#text.push(tokens));
    if (thinking || this.#output.thinking) this.thinkingTokens += tokens.length;
    yield* events;
  }

  #spentBudget(): boolean {
    const { thinking } = this.#prepared.request;
    return (
      thinking.mode === 'enabled' &&
      this.#output.thinking &&
      this.thinkingTokens >= thinking.budgetTokens
    );
  }

  #closeThinking(): Token[] {
    return this.#model.tokenize(`\n${this.#tags?.close ?? ''}\n\n`, true);
  }

  #onlyOneCallMade(): boolean {
    const { toolChoice } = this.#prepared.request;
    return this.#output.calls > 0 && toolChoice.mode !== 'none' && !toolChoice.parallel;
  }
}

function finish(reason: StopReason, stopSequence: string | null, usage: Usage): GenerationEvent {
  return { type: 'finish', reason, stopSequence, usage };
}
