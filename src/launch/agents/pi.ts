import { join } from 'node:path';
import type { Agent } from '../agent.ts';
import { outputTokens, UNKNOWN_CONTEXT_TOKENS, withoutProxy } from '../environment.ts';
import type { AgentModel } from '../agent-model.ts';

const EXTENSION = 'portico.js';

const KEY_VARIABLE = 'PORTICO_AGENT_KEY';

/** pi, whose providers are registered by extensions: docs/custom-provider.md of its package, 0.73.1. */
export const PI: Agent = {
  title: 'pi',
  whereabouts: { program: 'pi', homeFiles: [] },
  npmPackage: '@mariozechner/pi-coding-agent',
  instructions: 'about 1,500',
  // 1,946 for `-p hello` with 0.73.1, by the tokenizer of `mini`.
  leastContextTokens: 1500,
  plan: async ({ model, args, environment, folder }) => ({
    args: ['--extension', join(folder, EXTENSION)].concat(
      ['--provider', 'portico', '--model', model.name],
      args,
    ),
    set: {
      [KEY_VARIABLE]: model.key,
      ...withoutProxy(environment, model.baseUrl),
    },
    unset: [],
    files: { [EXTENSION]: extension(model) },
  }),
};

function extension({ baseUrl, name, contextTokens }: AgentModel): string {
  const contextWindow = contextTokens ?? UNKNOWN_CONTEXT_TOKENS;
  const maxTokens = outputTokens(contextWindow);
  const provider = {
    name: 'Portico',
    baseUrl,
    api: 'anthropic-messages',
    // Name of a variable. pi would read a key here as a name too.
    apiKey: KEY_VARIABLE,
    models: [
      {
        id: name,
        name,
        // pi reserves 1,024 tokens for the answer, and thinking needs at least as many.
        reasoning: maxTokens >= 4096,
        input: ['text', 'image'],
        cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
        contextWindow,
        maxTokens,
      },
    ],
  };
  return `export default (pi) => pi.registerProvider('portico', ${JSON.stringify(provider)});\n`;
}
