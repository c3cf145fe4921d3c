import { request } from 'undici';
import { z } from 'zod';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { readJsonAnswer } from '../net/read-text.ts';
import type { LaunchedModel } from './agent-model.ts';

/** Address of a Portico, and a key that it accepts. */
export interface Address {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly key: string | undefined;
}

/** Program that listens at an address. */
export type Occupant =
  | { readonly kind: 'portico' }
  | { readonly kind: 'none' }
  | { readonly kind: 'other'; readonly reason: string };

/** Timeout of requests that need no model, so that a hung server does not hang the terminal. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Timeout of a stop: an engine has a minute to write its states, and some seconds more if it hangs. */
const STOP_TIMEOUT_MS = 75_000;

/** Largest page of models that a server accepts. */
const PAGE = 1000;

const anyModels = z.object({ models: z.array(z.unknown()) });
const loadedModels = z.object({
  models: z.array(
    z.looseObject({
      name: z.string(),
      engine: z.string().optional(),
      responds: z.literal(false).optional(),
      device: z.string(),
      sizeBytes: z.number(),
      contextTokens: z.number(),
      slots: z.object({ busy: z.number(), total: z.number() }),
      waiting: z.number(),
      idleMs: z.number(),
      unloadsInMs: z.number().nullable(),
      kept: z.object({ count: z.number(), bytes: z.number() }).optional(),
    }),
  ),
});
const stopped = z.object({ stopped: z.string() });
const listing = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      display_name: z.string(),
      description: z.string().nullish(),
      max_tokens: z.number().nullish(),
    }),
  ),
});
const described = z.object({
  id: z.string(),
  max_input_tokens: z.number().nullable(),
  max_tokens: z.number().nullish(),
  capabilities: z.object({ thinking: z.object({ supported: z.boolean() }) }).nullish(),
});
const failure = z.object({ error: z.object({ message: z.string() }) });

/** Status of a model in a server's memory. A newer server may add fields. */
export type RemoteLoadedModel = z.infer<typeof loadedModels>['models'][number];

/** Finds out which program listens at an address. Another program must not be replaced by a new server. */
export async function findOccupant(address: Address): Promise<Occupant> {
  const answer = await send(address, '/portico/models').catch((error: unknown) =>
    isRefused(error) ? 'refused' : messageOf(error),
  );
  if (answer === 'refused') return { kind: 'none' };
  if (typeof answer === 'string') return { kind: 'other', reason: answer };
  if (answer.status === 200 && anyModels.safeParse(answer.body).success) return { kind: 'portico' };
  const said = failure.safeParse(answer.body).data?.error.message;
  return { kind: 'other', reason: said ?? 'it is not Portico, or an older version' };
}

/** Models that a server has in memory. */
export async function listLoaded(address: Address): Promise<readonly RemoteLoadedModel[]> {
  return expect(loadedModels, await ask(address, '/portico/models'), address).models;
}

/**
 * Asks a server to unload a model.
 *
 * @param force unloads it even while it answers
 * @throws {RuntimeFailure} `backend-failed` with the server's own words if it refuses
 */
export async function stopModel(
  address: Address,
  name: string,
  force: boolean,
): Promise<z.infer<typeof stopped>> {
  const path = `/portico/models/${encodeURIComponent(name)}/stop${force ? '?force=true' : ''}`;
  const answer = await ask(address, path, { method: 'POST', timeoutMs: STOP_TIMEOUT_MS });
  return expect(stopped, answer, address);
}

/** Names and descriptions of the models that can chat. */
export async function listNames(
  address: Address,
): Promise<readonly { readonly name: string; readonly description: string }[]> {
  const { data } = expect(listing, await ask(address, `/v1/models?limit=${PAGE}`), address);
  return data
    .filter(({ max_tokens }) => max_tokens !== 0)
    .map(({ id, display_name, description }) => ({
      name: id,
      description: description ?? display_name,
    }));
}

/** Describes a model as its server reports it. Throws if it can't chat, or the server's own words if it is unknown. */
export async function describeModel(address: Address, name: string): Promise<LaunchedModel> {
  const answer = await ask(address, `/v1/models/${encodeURIComponent(name)}`);
  const { max_input_tokens, max_tokens, capabilities } = expect(described, answer, address);
  if (max_tokens === 0) {
    throw new RuntimeFailure(
      'unsupported',
      `${name} can't chat: it has no chat template, or is for embeddings. Choose another model.`,
    );
  }
  return {
    name,
    contextTokens: max_input_tokens ?? undefined,
    maxContextTokens: answer.maxContextTokens,
    thinks: capabilities?.thinking.supported,
  };
}

/** Number of concurrent requests of a loaded model; undefined if the server does not manage its memory. */
export async function slotsOf(address: Address, own: string): Promise<number | undefined> {
  const { data } = loadedModels.safeParse((await ask(address, '/portico/models')).body);
  return data?.models.find(({ name }) => name === own)?.slots.total;
}

/**
 * Loads a model by a request that generates nothing. It has no timeout.
 *
 * @returns the model's own name, even if `name` is an alias
 * @throws {RuntimeFailure} with the server's own words
 */
export async function loadModel(address: Address, name: string): Promise<string> {
  const messages = [{ role: 'user', content: '.' }];
  const body = { model: name, max_tokens: 0, messages };
  const answer = await ask(address, '/v1/messages', { method: 'POST', body });
  expect(z.object({ type: z.literal('message') }), answer, address);
  const { model } = answer;
  return model === undefined ? name : decodeURI(model);
}

interface Question {
  readonly method: 'GET' | 'POST';
  /** Timeout in milliseconds; default: 10 s. */
  readonly timeoutMs?: number;
  /** Body for a model, so the request has no timeout. */
  readonly body?: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Name of the model that answered. */
  readonly model: string | undefined;
  /** Largest possible context of the described model, in tokens. */
  readonly maxContextTokens: number | undefined;
}

/** Returns any response of a server. Throws `backend-unavailable` with a hint if there is none. */
async function ask(address: Address, path: string, question?: Question): Promise<Answer> {
  try {
    return await send(address, path, question);
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw new RuntimeFailure(
      'backend-unavailable',
      isLate
        ? `the server at ${address.url} did not answer in time; see its log, or name another with --host and --port`
        : `no Portico answers at ${address.url} (${messageOf(error)}); start one with: portico serve, ` +
            'or name another with --host and --port',
      { cause: error },
    );
  }
}

async function send(
  { url, key }: Address,
  path: string,
  { method, body, timeoutMs = ANSWER_TIMEOUT_MS }: Question = { method: 'GET' },
): Promise<Answer> {
  const reply = await request(`${url}${path}`, {
    method,
    headers: {
      ...(key !== undefined && { 'x-api-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body === undefined
      ? { signal: AbortSignal.timeout(timeoutMs) }
      : { body: JSON.stringify(body), headersTimeout: 0, bodyTimeout: 0 }),
    // Close the connection: a server that stops waits for open ones.
    reset: true,
  });
  const { 'portico-model': model, 'portico-max-context': most } = reply.headers;
  return {
    status: reply.statusCode,
    body: await readJsonAnswer(reply.body),
    model: typeof model === 'string' ? model : undefined,
    maxContextTokens: typeof most === 'string' && Number(most) > 0 ? Number(most) : undefined,
  };
}

function expect<Value>(shape: z.ZodType<Value>, answer: Answer, { url }: Address): Value {
  const { data } = shape.safeParse(answer.body);
  if (answer.status === 200 && data !== undefined) return data;
  const said = failure.safeParse(answer.body).data?.error.message;
  throw new RuntimeFailure(
    'backend-failed',
    said ?? `the server at ${url} is not Portico, or an older version; check --port and --url`,
  );
}

/** Returns true if no program listens: each address of the host refused the connection. */
function isRefused(error: unknown): boolean {
  const causes = error instanceof AggregateError ? error.errors : [error];
  return causes.every(
    (cause) => cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED',
  );
}
