import { upstreamName } from '../../core/model.ts';
import type { Backend } from '../../core/backend.ts';
import type { ModelSpec } from '../../core/model.ts';
import { createPromptEstimator } from '../../prompt/estimate.ts';
import { createHttpClient } from '../../net/http-client.ts';
import { createDiscovery } from './discover.ts';
import type { FirstListOptions } from './discover.ts';
import { toOllamaCapabilities } from './facts.ts';
import { OLLAMA_SERVER } from './failures.ts';
import { countOllamaPrompt, generateByOllama } from './generate.ts';
import type { OllamaUpstream } from './generate.ts';
import { createOllamaFactsFinder } from './models.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { OllamaFactsFinder } from './models.ts';

const DEFAULT_URL = 'http://127.0.0.1:11434';

/**
 * Creates a backend over Ollama's native API.
 *
 * @param options.defaultUrl server of models without `url`, and the one whose models are discovered. Its
 *   scheme is optional, as in OLLAMA_HOST. Default: Ollama's own default address.
 * @param options.firstList timeout of the first list, and a callback if the server does not answer
 */
export function createOllamaBackend(
  options: { readonly defaultUrl?: string; readonly firstList?: FirstListOptions } = {},
): Backend {
  const http = createHttpClient(OLLAMA_SERVER);
  const defaultUrl = options.defaultUrl ?? DEFAULT_URL;
  const urlOf = (model: ModelSpec) => model.url ?? defaultUrl;
  const refusals = createToolRefusals((model) => `${urlOf(model)} ${upstreamName(model)}`);
  const upstream: OllamaUpstream = {
    http,
    facts: refusals.apply(createOllamaFactsFinder(http)),
    estimator: createPromptEstimator(),
    urlOf,
  };
  return {
    kind: 'ollama',
    async capabilities(model, signal) {
      return toOllamaCapabilities(await upstream.facts(model, upstream.urlOf(model), signal));
    },
    async countTokens(request, signal) {
      try {
        return (await countOllamaPrompt(upstream, request, signal)).tokens;
      } catch (error) {
        refusals.note(request.model, error);
        throw error;
      }
    },
    discover: createDiscovery(http, defaultUrl, options.firstList),
    async *generate(request, signal, ending) {
      try {
        yield* generateByOllama(upstream, request, signal, ending);
      } catch (error) {
        refusals.note(request.model, error);
        throw error;
      }
    },
    mayLeak: true,
    close: () => http.close(),
  };
}

/** Models that refused tools, although Ollama lists them as capable of tools. */
interface ToolRefusals {
  /** Notes a failure of a model's request, if it is a refusal of tools. */
  note(model: ModelSpec, error: unknown): void;
  /** Wraps a finder of facts, so that these models have no tools. */
  apply(find: OllamaFactsFinder): OllamaFactsFinder;
}

/** Creates an empty list of refusals. `keyOf` names a model on its server. */
function createToolRefusals(keyOf: (model: ModelSpec) => string): ToolRefusals {
  const refused = new Set<string>();
  return {
    note(model, error) {
      if (error instanceof RuntimeFailure && error.refusesTools) refused.add(keyOf(model));
    },
    apply: (find) => async (model, url, signal) => {
      const facts = await find(model, url, signal);
      return refused.has(keyOf(model)) ? { ...facts, tools: false } : facts;
    },
  };
}
