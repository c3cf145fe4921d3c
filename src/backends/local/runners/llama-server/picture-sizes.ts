import type { Token } from 'node-llama-cpp';
import { z } from 'zod';
import { raceAbort } from '../../../../core/abort.ts';
import { RuntimeFailure } from '../../../../core/failure.ts';
import { isPicture } from './picture-prompt.ts';
import type { ServerPrompt } from './picture-prompt.ts';
import { RefusedRequest } from './server-client.ts';
import type { LlamaServerClient } from './server-client.ts';

const measuredSchema = z.object({ tokens_evaluated: z.int() });
const tokensSchema = z.object({ tokens: z.array(z.int()) });

/** Text after the picture that is measured: llama-server fails if a prompt ends with a picture. */
const AFTER = '\n';

export interface PictureSizesOptions {
  readonly client: Pick<LlamaServerClient, 'post'>;
  /** Marker for pictures of the running llama-server. */
  readonly marker: string;
  /** Lends a slot that no request has, by its number. Its state is lost. Waits for one, until the signal aborts. */
  readonly lend: <T>(work: (slot: number) => Promise<T>, signal: AbortSignal) => Promise<T>;
}

/** Measurement of a size, and the number of requests that wait for it. */
interface Measurement {
  readonly tokens: Promise<number>;
  readonly controller: AbortController;
  waiting: number;
}

/** Numbers of tokens of pictures. llama-server only reports them for evaluated prompts, so one of each size is evaluated. */
export class PictureSizes {
  readonly #options: PictureSizesOptions;
  /** By width and height. */
  readonly #measured = new Map<string, Measurement>();
  readonly #byToken = new Map<Token, number>();

  constructor(options: PictureSizesOptions) {
    this.#options = options;
  }

  /** Counts the tokens of a prompt. Throws `invalid-request` if a picture can't be used, and the signal's reason. */
  async count(prompt: ServerPrompt, signal: AbortSignal): Promise<number> {
    for (const [token, data] of prompt.media?.pictures ?? []) {
      this.#byToken.set(token, await this.#sizeOf(data, signal));
    }
    let count = prompt.length;
    for (const token of prompt) if (isPicture(token)) count += (this.#byToken.get(token) ?? 1) - 1;
    return count;
  }

  /** Size of a picture. A measurement is shared, and ends early only if all its requests have left. */
  async #sizeOf(data: string, signal: AbortSignal): Promise<number> {
    // Width and height are at the start of a PNG.
    const key = Buffer.from(data.slice(0, 32), 'base64').subarray(16, 24).toString('hex');
    const measurement = this.#measured.get(key) ?? this.#begin(key, data);
    measurement.waiting++;
    try {
      return await raceAbort(measurement.tokens, signal);
    } finally {
      measurement.waiting--;
      if (signal.aborted && measurement.waiting === 0) {
        this.#measured.delete(key);
        measurement.controller.abort();
      }
    }
  }

  #begin(key: string, data: string): Measurement {
    const controller = new AbortController();
    const tokens = this.#measure(data, controller.signal);
    tokens.catch(() => this.#measured.delete(key));
    const measurement: Measurement = { tokens, controller, waiting: 0 };
    this.#measured.set(key, measurement);
    return measurement;
  }

  async #measure(data: string, signal: AbortSignal): Promise<number> {
    const { client, marker, lend } = this.#options;
    const prompt = { prompt_string: `${marker}${AFTER}`, multimodal_data: [data] };
    const common = { prompt, n_predict: 0, response_fields: ['tokens_evaluated'] };
    try {
      const { tokens_evaluated: all } = await lend(
        (slot) => client.post('/completion', { ...common, id_slot: slot }, measuredSchema, signal),
        signal,
      );
      const after = { content: AFTER, add_special: true, parse_special: true };
      const { tokens } = await client.post('/tokenize', after, tokensSchema, signal);
      return all - tokens.length;
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error;
      throw new RuntimeFailure(
        'invalid-request',
        `llama-server can't use an image (${error.reason}). Send another.`,
        { cause: error, subject: 'messages' },
      );
    }
  }
}
