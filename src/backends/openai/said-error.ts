import { z } from 'zod';
import { isRecord } from '../../core/json.ts';

/** What a server says went wrong. */
export interface SaidError {
  readonly message: string;
  /** Such as `context_length_exceeded`. */
  readonly code: string;
  /** What llama-server tells beside its message, in tokens. */
  readonly promptTokens?: number;
  readonly contextTokens?: number;
}

const code = z.union([z.string(), z.number()]).nullish().catch(undefined);
const tokens = z.int().positive().nullish().catch(undefined);

const errorSchema = z.looseObject({
  message: z.string(),
  code,
  type: code,
  n_prompt_tokens: tokens,
  n_ctx: tokens,
});

/** FastAPI's way to refuse a body that has the wrong shape. */
const detailSchema = z.union([
  z.string(),
  z
    .array(z.looseObject({ msg: z.string(), loc: z.array(z.union([z.string(), z.number()])) }))
    .transform((issues) => issues.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ')),
]);

/** Characters of a message that are read: it may be as long as an answer, and is searched for many patterns. */
const MOST_READ = 16_384;

/** Reads the error of an answer, in whichever of the usual shapes; undefined where it has none. */
export function readError(value: unknown): SaidError | undefined {
  const error = errorIn(Array.isArray(value) ? value[0] : value);
  return error && { ...error, message: error.message.slice(0, MOST_READ) };
}

function errorIn(value: unknown): SaidError | undefined {
  if (!isRecord(value)) return undefined;
  const error = value['error'];
  if (typeof error === 'string') return { message: error, code: '' };
  if (isRecord(error)) return readErrorObject(error);
  const detail = 'detail' in value ? detailSchema.safeParse(value['detail']) : undefined;
  if (detail?.success === true) return { message: detail.data, code: '' };
  // vLLM's older shape, and Mistral's.
  return value['object'] === 'error' ? readErrorObject(value) : undefined;
}

function readErrorObject(error: Record<string, unknown>): SaidError | undefined {
  const { data } = errorSchema.safeParse(error);
  if (data === undefined) return undefined;
  return {
    message: data.message,
    code: [data.code, data.type]
      .filter((word) => typeof word === 'string')
      .join(' ')
      .slice(0, MOST_READ),
    ...(data.n_prompt_tokens && { promptTokens: data.n_prompt_tokens }),
    ...(data.n_ctx && { contextTokens: data.n_ctx }),
  };
}
