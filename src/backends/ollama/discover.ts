import type { ModelSpec } from '../../core/model.ts';
import type { HttpClient } from '../http.ts';
import { listNames } from './upstream.ts';

/** A server on this machine answers at once; one that is away must not make anybody wait. */
const ANSWER_WITHIN_MS = 300;

/** Short enough for a pull to be noticed, long enough for a client that asks again and again. */
const LIFETIME_MS = 3_000;

/**
 * Finds what the server at a URL has, by `/api/tags`; nothing where it does not answer in time. The
 * answer is remembered a short while, that there is none too.
 */
export function createDiscovery(
  http: HttpClient,
  url: string,
): (asked?: string) => Promise<readonly ModelSpec[]> {
  let known: { readonly names: Promise<readonly string[] | undefined>; readonly at: number } = {
    names: Promise.resolve(undefined),
    at: Number.NEGATIVE_INFINITY,
  };
  return async (asked) => {
    if (performance.now() - known.at > LIFETIME_MS) {
      const names = listNames(http, url, AbortSignal.timeout(ANSWER_WITHIN_MS));
      known = { names: names.catch(() => undefined), at: performance.now() };
    }
    const names = await known.names;
    if (names === undefined) return [];
    const passed = asked !== undefined && isCloudName(asked) && !names.includes(asked);
    return [...names, ...(passed ? [asked] : [])].map((name) => ({ name, backend: 'ollama' }));
  };
}

/**
 * Whether Ollama passes a model on to its cloud, without having it: `gpt-oss:120b-cloud`, `name:cloud`
 * (`parseSourceSuffix` in its internal/modelref).
 */
export function isCloudName(name: string): boolean {
  return /:(cloud|[^:/]*-cloud)$/i.test(name);
}
