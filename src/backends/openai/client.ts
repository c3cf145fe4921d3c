import type { OpenAiSpec } from './spec.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { rememberSecretsOfHeaders } from '../../core/secrets.ts';
import { shownUrl, unreachable } from '../../net/http-client.ts';
import type { HttpAnswer, HttpClient, HttpHeaders } from '../../net/http-client.ts';
import { readText } from '../../net/read-text.ts';
import { parseJson } from '../../core/one-line.ts';
import { apiUrl, rootUrl } from './addresses.ts';
import { SERVER } from './failures.ts';
import type { Refusal } from './failures.ts';
import type { KeyRing } from './keys.ts';

/** What asks one server, for one model's entry. */
export interface ServerClient {
  /** As failures name it. */
  readonly url: string;
  /** What the server is remembered by. */
  readonly key: string;
  /** Asks for a completion; the answer's body is not read yet unless it is a refusal. */
  complete(body: object, signal: AbortSignal): Promise<HttpAnswer | Refusal>;
  /** The JSON of an answer that takes no generation; undefined where the server has none. */
  ask(path: string, body: object | undefined, signal: AbortSignal): Promise<unknown>;
  /** Whether it answers at all, asked at next to no cost. Throws where it can't be reached. */
  isHealthy(signal: AbortSignal): Promise<boolean>;
}

export interface ClientOptions {
  readonly http: HttpClient;
  readonly keys: KeyRing;
  readonly url: string;
  readonly model: Pick<OpenAiSpec, 'key' | 'headers'>;
}

/** Small questions are answered at once; a server that takes longer hangs. */
const ASK_TIMEOUT_MS = 10_000;

/** More of an answer than any error or list of models has. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

/** Other keys are tried where one is refused, or has used up what it may ask. */
const OTHER_KEY_STATUSES: readonly number[] = [401, 429];

/** A client for the server at one base URL, which may end in `/v1` or not. */
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
    throw new RuntimeFailure('internal', `no way to ask ${target}`);
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
      // Few clouds have it.
      return isAlive(status) && (status === 200 || isAlive(await statusOf(apiUrl(url, 'models'))));
    },
  };
}

/** Whether an answer is one whose body was read since it is no completion. */
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
