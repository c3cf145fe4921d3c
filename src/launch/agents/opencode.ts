import { RuntimeFailure } from '../../core/failure.ts';
import { isRecord } from '../../core/json.ts';
import type { Agent } from '../agent.ts';
import { outputTokens, UNKNOWN_CONTEXT_TOKENS, withoutProxy } from '../environment.ts';
import type { AgentModel, LaunchedModel } from '../agent-model.ts';

const CONTENT = 'OPENCODE_CONFIG_CONTENT';

/**
 * opencode, which reads further configuration from a variable.
 *
 * @see https://opencode.ai/docs/config
 */
export const OPENCODE: Agent = {
  title: 'opencode',
  whereabouts: { program: 'opencode', homeFiles: ['.opencode/bin/opencode'] },
  npmPackage: 'opencode-ai',
  instructions: 'about 11,000',
  // 11,219 for `run hello` with 1.18.33, by the tokenizer of `mini`.
  leastContextTokens: 11_000,
  plan: async ({ model, args, environment }) => ({
    args,
    set: {
      [CONTENT]: JSON.stringify({ ...ownContent(environment[CONTENT]), ...configuration(model) }),
      // Its catalogue of other providers is not needed.
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      ...withoutProxy(environment, model.baseUrl),
    },
    unset: [],
    files: {},
  }),
};

function configuration(model: AgentModel) {
  const small = model.small ?? model;
  return {
    model: `portico/${model.name}`,
    small_model: `portico/${small.name}`,
    enabled_providers: ['portico'],
    provider: {
      portico: {
        npm: '@ai-sdk/anthropic',
        name: 'Portico',
        options: { baseURL: `${model.baseUrl}/v1`, apiKey: model.key },
        models: { [small.name]: entryOf(small), [model.name]: entryOf(model) },
      },
    },
  };
}

function entryOf({ name, contextTokens }: LaunchedModel) {
  const context = contextTokens ?? UNKNOWN_CONTEXT_TOKENS;
  return { name, limit: { context, output: outputTokens(context) } };
}

function ownContent(text: string | undefined): Record<string, unknown> {
  if (text === undefined || text === '') return {};
  try {
    const content: unknown = JSON.parse(text);
    if (isRecord(content)) return content;
  } catch {
    // Reported below.
  }
  throw new RuntimeFailure(
    'invalid-request',
    `${CONTENT} is set, but it is not a JSON object; correct it, or unset it`,
  );
}
