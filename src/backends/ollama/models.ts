import { upstreamName } from '../../core/model.ts';
import type { ModelSpec } from '../../core/model.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { ollamaModelFacts } from './facts.ts';
import type { OllamaModelFacts } from './facts.ts';
import type { ModelDescription } from './protocol.ts';
import { isCloudName } from './names.ts';
import { allocatedContext, showModel } from './upstream.ts';

/** Long enough for the upstream requests of one request, short enough to notice `ollama create`. */
const LIFETIME_MS = 10_000;

/** Finds the facts of a model. Throws a RuntimeFailure if the server does not report them. */
export type OllamaFactsFinder = (
  model: ModelSpec,
  url: string,
  signal: AbortSignal,
) => Promise<OllamaModelFacts>;

interface Known {
  readonly description: ModelDescription;
  readonly allocated: number | undefined;
  readonly at: number;
}

/** Creates a finder that asks `/api/show` and `/api/ps`, and caches the answer for a short time. */
export function createOllamaFactsFinder(http: HttpClient): OllamaFactsFinder {
  const known = new Map<string, Known>();
  return async (spec, url, signal) => {
    const model = upstreamName(spec);
    const key = `${url} ${model}${spec.context === undefined ? '' : ' fixed'}`;
    const entry = known.get(key);
    if (entry !== undefined && performance.now() - entry.at < LIFETIME_MS) {
      return ollamaModelFacts(spec, entry.description, entry.allocated);
    }
    known.delete(key);
    const description = await showModel(http, { url, model }, signal);
    const isFixed = spec.context !== undefined || description.numCtx !== undefined;
    const allocated =
      isFixed || isCloudName(model)
        ? undefined
        : await allocatedContext(http, { url, model }, signal);
    known.set(key, { description, allocated, at: performance.now() });
    return ollamaModelFacts(spec, description, allocated);
  };
}
