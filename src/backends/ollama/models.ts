import type { ModelSpec } from '../../core/model.ts';
import type { HttpClient } from '../http.ts';
import { modelFacts } from './facts.ts';
import type { ModelFacts } from './facts.ts';
import type { ModelDescription } from './protocol.ts';
import { upstreamName } from './request.ts';
import { describeModel } from './upstream.ts';

/** Long enough for the calls of one request, short enough for `ollama create` to be noticed. */
const LIFETIME_MS = 10_000;

/** Finds out how a model is to be asked. Throws a RuntimeFailure where the server can't tell. */
export type FactsFinder = (
  model: ModelSpec,
  url: string,
  signal: AbortSignal,
) => Promise<ModelFacts>;

/** A finder that asks `/api/show` and remembers the answer a short while. */
export function createFactsFinder(http: HttpClient): FactsFinder {
  const known = new Map<string, { readonly description: ModelDescription; readonly at: number }>();
  return async (spec, url, signal) => {
    const model = upstreamName(spec);
    const key = `${url} ${model}`;
    const entry = known.get(key);
    if (entry !== undefined && performance.now() - entry.at < LIFETIME_MS) {
      return modelFacts(spec, entry.description);
    }
    known.delete(key);
    const description = await describeModel(http, { url, model }, signal);
    known.set(key, { description, at: performance.now() });
    return modelFacts(spec, description);
  };
}
