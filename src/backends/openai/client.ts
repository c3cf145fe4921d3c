import type { OpenAiSpec } from './spec.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { rememberSecretsOfHeaders } from '../../core/secrets.ts';
import { shownUrl, unreachable } from '../../net/http-client.ts';
import type { HttpAnswer, HttpClient, HttpHeaders } from '../../net/http-client.ts';
import { readText } from '../../net/read-text.ts';
import { parseJson } from '../../core/json.ts';
import { apiUrl, rootUrl } from './addresses.ts';
import { SERVER } from './failures.ts';
import type { Refusal } from './failures.ts';
import type { KeyRing } from './keys.ts';

/** Client of one server for the entry of one model. */
export interface ServerClient {
  /** URL in failures. */
  readonly url: string;
  /** Key for the facts of the server. */
  readonly key: string;
  /** Requests a completion. The body of the response is read only if it is a refusal. */
  complete(body: object, signal: AbortSignal): Promise<HttpAnswer | Refusal>;
  /** Requests JSON that needs no generation; undefined if the server does not have it. */
  ask(path: string, body: object | undefined, signal: AbortSignal): Promise<unknown>;
  /** Returns true if the server answers a cheap request. Throws if it can't be reached. */
  isHealthy(signal: AbortSignal): Promise<boolean>;
}

export interface ClientOptions {
  readonly http: HttpClient;
  readonly keys: KeyRing;
  readonly url: string;
  readonly model: Pick<OpenAiSpec, 'key' | 'headers'>;
}

/** Timeout of requests that need no generation. */
const ASK_TIMEOUT_MS = 10_000;

/** More than any error or list of models has. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

/** Statuses after which another key is tried: the key is refused, or its quota is used up. */
const OTHER_KEY_STATUSES: readonly number[] = [401, 429];

/** Creates a client for the server at a base URL, with or without `/v1`. */
export function createServerClient({ http, keys, url, model }: ClientOptions): ServerClient {
  const send = async (target: string, body: object | undefined, signal: AbortSignal) => {
    for (const { headers, last, worked } of await authorizations(model, keys)) {
      rememberSecretsOfHeaders(headers);
      const answer =
        body === undefined
          ? await http.get(target, signal, headers)
          : await http.post(target, body, signal, headers);
      if (answer.status === 200) {
        worked();
        return answer;
      }
      const refusal = { ...answer, body: await readText(answer.body, MAX_TEXT_BYTES) };
      if (last || !OTHER_KEY_STATUSES.includes(answer.status)) return refusal;
    }
    throw new RuntimeFailure('internal', `No key is known for ${target}.`);
  };
  const completions = apiUrl(url, 'chat/completions');
  return {
    url: shownUrl(url),
    key: JSON.stringify([url, model.key, model.headers]),
    complete: (body, signal) => send(completions, body, signal),
    async ask(path, body, caller) {
      const late = AbortSignal.timeout(ASK_TIMEOUT_MS);
      try {
        const target = path === 'models' ? apiUrl(url, path) : rootUrl(url, path);
        const answer = await send(target, body, AbortSignal.any([caller, late]));
        if (answer.status !== 200 || isRefusal(answer)) return undefined;
        return parseJson(await readText(answer.body, MAX_TEXT_BYTES));
      } catch (error) {
        if (!late.aborted || caller.aborted) throw error;
        throw unreachable(SERVER, url, `no answer within ${ASK_TIMEOUT_MS / 1000} s`);
      }
    },
    async isHealthy(caller) {
      const signal = AbortSignal.any([caller, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
      const statusOf = async (target: string): Promise<number> => {
        const answer = await send(target, undefined, signal);
        if (!isRefusal(answer)) await readText(answer.body, MAX_TEXT_BYTES);
        return answer.status;
      };
      const status = await statusOf(rootUrl(url, 'health'));
      // Few clouds have /health.
      return isAlive(status) && (status === 200 || isAlive(await statusOf(apiUrl(url, 'models'))));
    },
  };
}

/** Returns true for a refusal, whose body was read. */
export function isRefusal(answer: HttpAnswer | Refusal): answer is Refusal {
  return typeof answer.body === 'string';
}

function isAlive(status: number): boolean {
  return status < 500 && status !== 429;
}

interface Authorization {
  readonly headers: HttpHeaders;
  readonly last: boolean;
  readonly worked: () => void;
}

async function authorizations(
  { key: variable, headers = {} }: Pick<OpenAiSpec, 'key' | 'headers'>,
  ring: KeyRing,
): Promise<readonly Authorization[]> {
  if (variable === undefined) return [{ headers, last: true, worked: () => undefined }];
  const found = await ring.keys(variable);
  return found.map((key, index) => ({
    headers: { ...headers, authorization: `Bearer ${key}` },
    last: index === found.length - 1,
    worked: () => ring.worked(variable, key),
  }));
}
