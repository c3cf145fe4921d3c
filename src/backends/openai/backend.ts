import type { Backend } from '../../core/backend.ts';
import { logOnce } from '../../core/log-once.ts';
import { createPromptEstimator } from '../../prompt/estimate.ts';
import { createHttpClient } from '../../net/http-client.ts';
import { modelKey } from './call.ts';
import type { Upstream } from './call.ts';
import { createCircuits } from './failover/circuits.ts';
import { createServerClient } from './client.ts';
import type { ServerClient } from './client.ts';
import { toCapabilities } from './facts.ts';
import { affinityOf, requestAny, generateByAny } from './failover/fail-over.ts';
import { SERVER } from './failures.ts';
import { countPrompt, generate } from './generate.ts';
import { createKeyRing } from './keys.ts';
import type { ReadVariable } from './keys.ts';
import { createFactsFinder } from './probe.ts';
import { urlOf } from './routes.ts';
import { shortNames } from './tool-names.ts';
import { createToolSupportFinder } from './tool-support.ts';
import type { OpenAiRequest, OpenAiSpec } from './spec.ts';

export interface OpenAiOptions {
  /** Reads the variables with the keys of upstreams. */
  readonly readVariable: ReadVariable;
  /** Logs a line, once, if a part of a model's requests is not sent. */
  readonly log: (message: string) => void;
}

/** Creates a backend over servers that speak OpenAI's chat completions. */
export function createOpenAiBackend({ readVariable, log }: OpenAiOptions): Backend<OpenAiSpec> {
  const http = createHttpClient(SERVER);
  const keys = createKeyRing(readVariable);
  const upstream: Upstream = {
    facts: createFactsFinder(),
    estimator: createPromptEstimator(),
    adjustments: new Map(),
    toolRefusals: new Map(),
    clientOf: rememberClients((model) =>
      createServerClient({ http, keys, url: urlOf(model), model }),
    ),
    log: logOnce(log),
  };
  const circuits = createCircuits({
    check: ({ model }, signal) => upstream.clientOf(model).isHealthy(signal),
    log,
  });
  const describe = createDescriber(upstream);
  return {
    kind: 'openai',
    async capabilities(model, signal) {
      if (model.providers === undefined) return describe(model, signal);
      // Not bound to a session; keyed by model name so that the answer is stable.
      return requestAny(circuits, model, model.name, (one) => describe(one, signal));
    },
    async countTokens(request, signal) {
      if (request.model.providers === undefined) return countPrompt(upstream, request, signal);
      return requestAny(circuits, request.model, affinityOf(request.session), (model) =>
        countPrompt(upstream, { ...request, model }, signal),
      );
    },
    generate(request, signal, ending) {
      const ask = (one: OpenAiRequest) => generate(upstream, one, signal, ending);
      return request.model.providers === undefined
        ? ask(request)
        : generateByAny(circuits, request, ask);
    },
    mayLeak: true,
    toolAliases: shortNames,
    async close() {
      circuits.close();
      await http.close();
    },
  };
}

/** Creates a function that finds capabilities, and logs one line if the server's template renders no tools. */
function createDescriber(upstream: Upstream) {
  const supportOf = createToolSupportFinder();
  return async (model: OpenAiSpec, signal: AbortSignal) => {
    const client = upstream.clientOf(model);
    const facts = await upstream.facts(model, client, signal);
    const refusal = upstream.toolRefusals.get(modelKey(client, model));
    if (refusal !== undefined) return toCapabilities(facts, false, refusal === 'all');
    const renders = await supportOf(model, client, facts, signal);
    if (renders === false) {
      upstream.log(`${model.name} gets tools as instructions: its template renders none`);
    }
    return toCapabilities(facts, renders);
  };
}

/** Caches the client of each model. */
function rememberClients(create: (model: OpenAiSpec) => ServerClient): Upstream['clientOf'] {
  const clients = new WeakMap<OpenAiSpec, ServerClient>();
  return (model) => {
    const client = clients.get(model) ?? create(model);
    clients.set(model, client);
    return client;
  };
}
