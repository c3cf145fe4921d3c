import { z } from 'zod';
import { isRecord } from '../../core/json.ts';

/** Error that a server reports. */
export interface SaidError {
  readonly message: string;
  /** Code such as `context_length_exceeded`. */
  readonly code: string;
  /** HTTP status that the error names, for one with status 200. */
  readonly status?: number;
  /** Numbers that llama-server adds to its message, in tokens. */
  readonly promptTokens?: number;
  readonly contextTokens?: number;
}

const code = z.union([z.string(), z.number()]).nullish().catch(undefined);
const tokens = z.int().positive().nullish().catch(undefined);

const status = z.coerce.number().int().min(400).max(599).optional().catch(undefined);

const errorSchema = z.looseObject({
  message: z.string(),
  code,
  type: code,
  status,
  status_code: status,
  n_prompt_tokens: tokens,
  n_ctx: tokens,
});

/** FastAPI's form of an error for a body of the wrong shape. */
const detailSchema = z.union([
  z.string(),
  z
    .array(z.looseObject({ msg: z.string(), loc: z.array(z.union([z.string(), z.number()])) }))
    .transform((issues) => issues.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ')),
]);

/** Limit for the characters of a message, which may be as long as an answer and is matched with many patterns. */
const MOST_READ = 16_384;

/** Reads the error of a response in any of the usual forms; undefined if it has none. */
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
  // Form of older versions of vLLM, and of Mistral.
  return value['object'] === 'error' ? readErrorObject(value) : undefined;
}

function readErrorObject(error: Record<string, unknown>): SaidError | undefined {
  const { data } = errorSchema.safeParse(error);
  if (data === undefined) return undefined;
  const named = data.status ?? data.status_code ?? status.parse(data.code);
  return {
    message: data.message,
    code: [data.code, data.type]
      .filter((word) => typeof word === 'string')
      .join(' ')
      .slice(0, MOST_READ),
    ...(named && { status: named }),
    ...(data.n_prompt_tokens && { promptTokens: data.n_prompt_tokens }),
    ...(data.n_ctx && { contextTokens: data.n_ctx }),
  };
}
