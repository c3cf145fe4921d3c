import { RuntimeFailure } from '../../core/errors.ts';
import type { Backend } from '../../core/backend.ts';
import type { ModelSpec } from '../../core/model.ts';
import { createPromptEstimator } from '../estimate.ts';
import { createHttpClient } from '../http.ts';
import type { Upstream } from './call.ts';
import { createServerClient } from './client.ts';
import { toCapabilities } from './facts.ts';
import { SERVER } from './failures.ts';
import { countPrompt, generate } from './generate.ts';
import { createKeyRing } from './keys.ts';
import type { ReadVariable } from './keys.ts';
import { createFactsFinder } from './probe.ts';

export interface OpenAiOptions {
  /** Reads the variables that hold the upstreams' keys. */
  readonly readVariable: ReadVariable;
  /** Takes a line where something of a model's requests is not sent, once. */
  readonly log: (message: string) => void;
}

/** A backend over servers that speak OpenAI's chat completions. */
export function createOpenAiBackend({ readVariable, log }: OpenAiOptions): Backend {
  const http = createHttpClient(SERVER);
  const keys = createKeyRing(readVariable);
  const told = new Set<string>();
  const upstream: Upstream = {
    facts: createFactsFinder(),
    estimator: createPromptEstimator(),
    adjustments: new Map(),
    clientOf: (model) => createServerClient({ http, keys, url: urlOf(model), model }),
    log(message) {
      if (told.has(message)) return;
      told.add(message);
      log(message);
    },
  };
  return {
    kind: 'openai',
    async capabilities(model, signal) {
      return toCapabilities(await upstream.facts(model, upstream.clientOf(model), signal));
    },
    countTokens: (request, signal) => countPrompt(upstream, request, signal),
    generate: (request, signal) => generate(upstream, request, signal),
    close: () => http.close(),
  };
}

function urlOf({ name, url }: ModelSpec): string {
  if (url !== undefined) return url;
  throw new RuntimeFailure(
    'invalid-request',
    `models.yaml: ${name} needs 'url', such as http://127.0.0.1:8000/v1`,
  );
}
