import type { Token } from 'node-llama-cpp';
import { z } from 'zod';
import { messageOf, RuntimeFailure } from '../../../../core/failure.ts';
import { isPicture } from './picture-prompt.ts';
import type { ServerPrompt } from './picture-prompt.ts';
import type { LlamaServerClient } from './server-client.ts';

const measuredSchema = z.object({ tokens_evaluated: z.int(), id_slot: z.int() });
const tokensSchema = z.object({ tokens: z.array(z.int()) });

/** Text after the picture that is measured: llama-server fails if a prompt ends with a picture. */
const AFTER = '\n';
const MEASURE_TIMEOUT_MS = 600_000;

export interface PictureSizesOptions {
  readonly client: LlamaServerClient;
  /** Marker for pictures of the running llama-server. */
  readonly marker: string;
  /** Called with a slot whose state a measurement has replaced. */
  readonly replaced: (slot: number) => void;
}

/** Numbers of tokens of pictures. llama-server only reports them for evaluated prompts, so one of each size is evaluated. */
export class PictureSizes {
  readonly #options: PictureSizesOptions;
  /** By width and height. */
  readonly #measured = new Map<string, Promise<number>>();
  readonly #byToken = new Map<Token, number>();

  constructor(options: PictureSizesOptions) {
    this.#options = options;
  }

  /** Counts the tokens of a prompt. Throws `invalid-request` if a picture can't be used. */
  async count(prompt: ServerPrompt): Promise<number> {
    for (const [token, data] of prompt.media?.pictures ?? []) {
      this.#byToken.set(token, await this.#sizeOf(data));
    }
    let count = prompt.length;
    for (const token of prompt) if (isPicture(token)) count += (this.#byToken.get(token) ?? 1) - 1;
    return count;
  }

  async #sizeOf(data: string): Promise<number> {
    // Width and height are at the start of a PNG.
    const key = Buffer.from(data.slice(0, 32), 'base64').subarray(16, 24).toString('hex');
    const size = this.#measured.get(key) ?? this.#measure(data);
    this.#measured.set(key, size);
    size.catch(() => this.#measured.delete(key));
    return size;
  }

  async #measure(data: string): Promise<number> {
    const { client, marker, replaced } = this.#options;
    const signal = AbortSignal.timeout(MEASURE_TIMEOUT_MS);
    const prompt = { prompt_string: `${marker}${AFTER}`, multimodal_data: [data] };
    const body = { prompt, n_predict: 0, response_fields: ['tokens_evaluated', 'id_slot'] };
    try {
      const { tokens_evaluated: all, id_slot } = await client.post(
        '/completion',
        body,
        measuredSchema,
        signal,
      );
      replaced(id_slot);
      const after = { content: AFTER, add_special: true, parse_special: true };
      const { tokens } = await client.post('/tokenize', after, tokensSchema, signal);
      return all - tokens.length;
    } catch (error) {
      throw new RuntimeFailure(
        'invalid-request',
        `llama-server can't use an image (${messageOf(error)}). Send another.`,
        { cause: error, subject: 'messages' },
      );
    }
  }
}
