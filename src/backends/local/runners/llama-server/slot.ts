import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Token } from 'node-llama-cpp';
import { z } from 'zod';
import { abortReason, raceAbort } from '../../../../core/abort.ts';
import { commonLength } from '../../../../prompt/prompt-prefix.ts';
import type { CachedSlot } from '../../prefix-cache/cached-slot.ts';
import { sharedLength } from '../../prefix-cache/prefix-source.ts';
import { SlotUse } from '../../prefix-cache/slot-use.ts';
import { MARKER } from '../../pictures/image-placeholders.ts';
import { isPicture } from './picture-prompt.ts';
import type { PromptMedia, ServerPrompt } from './picture-prompt.ts';
import type { StepSizes } from './step-sizes.ts';
import { completionSchema, restoredSchema, savedSchema } from './protocol.ts';
import type { CompletionBody, CompletionChunk, MultimodalPrompt } from './protocol.ts';
import type { LlamaServerClient } from './server-client.ts';

export interface ServerSlotOptions {
  /** Number of the slot in llama-server. */
  readonly id: number;
  readonly client: LlamaServerClient;
  readonly steps: StepSizes;
  /** Folder of llama-server's slot files. */
  readonly folder: string;
  readonly needsCheckpoints: boolean;
  /** Marker for pictures of the running llama-server. */
  readonly marker: string;
}

/** Time for an action of a slot, which may be writing gigabytes. */
const ACTION_MS = 60_000;

/** Slot of llama-server. It tracks the tokens of the slot's state. */
export class ServerSlot extends SlotUse implements CachedSlot {
  readonly #options: ServerSlotOptions;
  #tokens: readonly Token[] = [];
  /** True while llama-server generates for it, so that an action would wait for the end of the answer. */
  #isDecoding = false;
  /** Copies of its state to other slots. */
  #copying: Promise<unknown> = Promise.resolve();
  #lent: Promise<unknown> = Promise.resolve();

  constructor(options: ServerSlotOptions) {
    super();
    this.#options = options;
  }

  get length(): number {
    return this.#tokens.length;
  }

  get tokens(): readonly Token[] {
    return this.#tokens;
  }

  get needsCheckpoints(): boolean {
    return this.#options.needsCheckpoints;
  }

  /** True if its state can't be in a file, because the tokens of a file have no pictures. */
  get isTransient(): boolean {
    return this.#tokens.some(isPicture);
  }

  reusable(prompt: readonly Token[]): number {
    return sharedLength(this.#tokens, prompt);
  }

  /** Evaluates the first step of a prompt, because only an evaluation reports the reused tokens. */
  async reuse(prompt: ServerPrompt, signal: AbortSignal): Promise<number> {
    await raceAbort(this.#lent, signal);
    if (prompt.media !== undefined) return this.#whole(prompt, prompt.media, signal);
    const kept = this.reusable(prompt);
    if (kept >= prompt.length - 1) return kept;
    return this.#step(prompt, signal);
  }

  /** Evaluates the prompt up to its last token, in steps. Yields the number of evaluated tokens. */
  async *prefill(prompt: ServerPrompt, signal: AbortSignal): AsyncGenerator<number> {
    const end = prompt.length - 1;
    try {
      while (this.reusable(prompt) < end) {
        await this.#step(prompt, signal);
        yield this.length;
      }
    } finally {
      this.endPrefill();
    }
    this.promptLength = prompt.length;
  }

  /** Evaluates the next tokens of a prompt. Returns the number of tokens that were not evaluated again. */
  async #step(prompt: readonly Token[], signal: AbortSignal): Promise<number> {
    if (signal.aborted) throw abortReason(signal);
    const { client, steps } = this.#options;
    const end = prompt.length - 1;
    const from = this.reusable(prompt);
    const part = prompt.slice(0, from + steps.next(from, end - from));
    const leave = steps.join();
    // An abort leaves an unknown part of the step in the state.
    this.#tokens = part.slice(0, from);
    try {
      // Its single token is not part of the state.
      const body = { ...this.#body(part, 0), ...NO_SAMPLING, response_fields: STEP_FIELDS };
      const { timings } = await client.post('/completion', body, completionSchema, signal);
      const { cache_n: reused, prompt_n: tokens, prompt_ms: milliseconds } = timings;
      steps.record({ tokens, milliseconds, depth: reused });
      this.#tokens = part;
      this.endStep();
      return Math.min(reused, end);
    } finally {
      leave();
    }
  }

  /** Evaluates a prompt with pictures, which can't be cut into steps. Returns the number of reused tokens. */
  async #whole(prompt: readonly Token[], media: PromptMedia, signal: AbortSignal): Promise<number> {
    const { client } = this.#options;
    this.#tokens = prompt.slice(0, this.reusable(prompt));
    const body = { ...this.#body(this.#multimodal(media, ''), 0), ...NO_SAMPLING };
    let reused = 0;
    // Its progress distinguishes a long evaluation from a hang.
    for await (const { timings } of client.complete({ ...body, return_progress: true }, signal)) {
      reused = timings?.cache_n ?? reused;
    }
    this.#tokens = prompt;
    return reused;
  }

  #multimodal({ text, pictures }: PromptMedia, written: string): MultimodalPrompt {
    return {
      prompt_string: `${text.replaceAll(MARKER, () => this.#options.marker)}${written}`,
      multimodal_data: pictures.map(([, data]) => data),
    };
  }

  /**
   * Generates tokens after a prompt, with options of the sampling.
   *
   * @param media the prompt's pictures, with the text of tokens that were written after it
   */
  async *generate(
    prompt: readonly Token[],
    media: readonly [PromptMedia, string] | undefined,
    most: number,
    options: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionChunk> {
    const { client, steps } = this.#options;
    // Requests that waited for this prefill copy it now: a running answer can't be copied.
    await setImmediate();
    await raceAbort(this.#copying, signal);
    const leave = steps.join();
    this.#isDecoding = true;
    this.#tokens = prompt.slice(0, this.reusable(prompt));
    try {
      const sent = media === undefined ? prompt : this.#multimodal(...media);
      const body = { ...this.#body(sent, most), ...options };
      yield* client.complete(body, signal);
    } finally {
      this.#isDecoding = false;
      leave();
    }
  }

  /** Lends the slot to work that replaces its state. A request that takes it meanwhile waits for the end. */
  lend<T>(work: (slot: number) => Promise<T>): Promise<T> {
    this.#tokens = [];
    const done = work(this.#options.id);
    this.#lent = Promise.allSettled([this.#lent, done]);
    return done;
  }

  /** Notes the tokens of the state after a generation. */
  note(tokens: readonly Token[]): void {
    this.#tokens = tokens;
  }

  #body(prompt: readonly Token[] | MultimodalPrompt, most: number): CompletionBody {
    return { prompt, id_slot: this.#options.id, cache_prompt: true, n_predict: most };
  }

  async fork(from: ServerSlot, prompt: readonly Token[]): Promise<void> {
    // The state of a running answer can only be saved at its end.
    if (from.#isDecoding) return;
    const file = join(this.#options.folder, `fork-${randomUUID()}`);
    try {
      const { tokens } = await from.save(file);
      await this.#restore(file, tokens.slice(0, commonLength(tokens, prompt)));
    } catch {
      await this.renew();
    } finally {
      await rm(file, { force: true });
    }
  }

  waitFor(copy: Promise<void>): void {
    this.#copying = Promise.allSettled([this.#copying, copy]).then(() => undefined);
  }

  async save(file: string): Promise<{ readonly bytes: number; readonly tokens: readonly Token[] }> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (dirname(file) !== folder) throw new Error(`slots can only be saved in ${folder}`);
    const saved = await this.#act('save', { filename: basename(file) }, savedSchema);
    return { bytes: saved.n_written, tokens: this.#tokens.slice(0, saved.n_saved) };
  }

  async load(file: string, tokens: readonly Token[]): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const here = join(folder, randomUUID());
    try {
      // llama-server only reads files in its own folder.
      await link(file, here).catch(() => copyFile(file, here));
      await this.#restore(here, tokens);
    } catch (error) {
      await this.renew();
      throw error;
    } finally {
      await rm(here, { force: true });
    }
  }

  async renew(): Promise<void> {
    this.#tokens = [];
    this.promptLength = 0;
    await this.#act('erase', {}, z.unknown());
  }

  async #restore(file: string, tokens: readonly Token[]): Promise<void> {
    const { n_restored } = await this.#act('restore', { filename: basename(file) }, restoredSchema);
    if (n_restored < tokens.length) throw new Error(`it has ${n_restored} tokens`);
    this.#tokens = tokens;
  }

  #act<T>(action: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    const { id, client } = this.#options;
    const signal = AbortSignal.timeout(ACTION_MS);
    return client.post(`/slots/${id}?action=${action}`, body, schema, signal);
  }
}

/** Fields of the answer to a step. Without a choice, the answer contains the prompt. */
const STEP_FIELDS = ['tokens_evaluated', 'timings'];

/** Options for a step, whose token is dropped: the cheapest sampling. */
const NO_SAMPLING = { temperature: 0, samplers: ['temperature'] };
