import { createOpenAiBackend } from '../../../src/backends/openai/backend.ts';
import type { Backend } from '../../../src/core/backend.ts';
import type { ModelSpec } from '../../../src/core/model.ts';
import { fixturesOf } from '../../support/upstream/fixtures.ts';
import type { ServerKind } from '../../support/upstream/peers.ts';

export const fixtures = fixturesOf('openai');

/** llama-server with models/mini.gguf, at PORTICO_TEST_OPENAI_URL. */
export const llamaServer: ServerKind = {
  name: 'llama-server',
  variable: 'PORTICO_TEST_OPENAI_URL',
  fixtures,
  command:
    'llama-server -m models/mini.gguf --alias mini -c 8192 -np 1 --jinja --chat-template-file test/fixtures/openai/mini.jinja; ' +
    'PORTICO_TEST_OPENAI_URL=URL PORTICO_RECORD=1 npx vitest run test/backends/openai test/contract/openai.test.ts',
  async problemOf(url) {
    try {
      const { model_alias: alias, chat_template: template } = await propsOf(url);
      if (alias !== 'mini') return 'it does not serve --alias mini';
      return template.includes('{#- The chat template of models/mini.gguf')
        ? undefined
        : 'it lacks --chat-template-file test/fixtures/openai/mini.jinja';
    } catch (error) {
      return String(error);
    }
  },
  versionOf: async (url) => (await propsOf(url)).build_info,
  scrub: (text) => text.replaceAll(/"model_path":"[^"]*"/g, '"model_path":"models/mini.gguf"'),
};

interface Props {
  readonly model_alias: string;
  readonly chat_template: string;
  readonly build_info: string;
}

async function propsOf(url: string): Promise<Props> {
  const response = await fetch(`${url}/props`, { signal: AbortSignal.timeout(2_000) });
  return (await response.json()) as Props;
}

/** The registry's entry of the embedded model behind a server at a URL. */
export function entry(url: string, rest: Partial<ModelSpec> = {}): ModelSpec {
  return { name: 'mini', backend: 'openai', upstream: 'mini', url, ...rest };
}

/** The backend under test, without keys unless some are given. */
export function openBackend(
  variables: Readonly<Record<string, string>> = {},
  log: (message: string) => void = () => undefined,
): Backend {
  return createOpenAiBackend({ readVariable: async (name) => variables[name], log });
}
