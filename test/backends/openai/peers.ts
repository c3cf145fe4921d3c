import { createOpenAiBackend } from '../../../src/backends/openai/backend.ts';
import type { Backend } from '../../../src/core/backend.ts';
import type { OpenAiSpec } from '../../../src/backends/openai/spec.ts';
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

/** vLLM with SmolLM2, whose chat template renders no tools, at PORTICO_TEST_VLLM_URL. */
export const vllm: ServerKind = {
  name: 'vLLM',
  variable: 'PORTICO_TEST_VLLM_URL',
  fixtures: fixturesOf('vllm'),
  command:
    'vllm serve SmolLM2-135M-Instruct --served-model-name mini --max-model-len 4096 --enable-auto-tool-choice --tool-call-parser hermes; ' +
    'PORTICO_TEST_VLLM_URL=URL PORTICO_RECORD=1 npx vitest run test/backends/openai/vllm.test.ts',
  async problemOf(url) {
    try {
      const models = await jsonOf<{ readonly data: readonly { readonly id: string }[] }>(
        url,
        'v1/models',
      );
      return models.data.some(({ id }) => id === 'mini')
        ? undefined
        : 'it does not serve --served-model-name mini';
    } catch (error) {
      return String(error);
    }
  },
  versionOf: async (url) => (await jsonOf<{ readonly version: string }>(url, 'version')).version,
  scrub: (text) => text.replaceAll(/"root":"[^"]*"/g, '"root":"mini"'),
};

interface Props {
  readonly model_alias: string;
  readonly chat_template: string;
  readonly build_info: string;
}

const propsOf = (url: string) => jsonOf<Props>(url, 'props');

async function jsonOf<Answer>(url: string, path: string): Promise<Answer> {
  const response = await fetch(`${url}/${path}`, { signal: AbortSignal.timeout(2_000) });
  return (await response.json()) as Answer;
}

/** Registry entry of the embedded model on a server at a URL. */
export function entry(url: string, rest: Partial<OpenAiSpec> = {}): OpenAiSpec {
  return { name: 'mini', backend: 'openai', upstream: 'mini', url, ...rest };
}

/** The backend under test, without keys unless some are given. */
export function openBackend(
  variables: Readonly<Record<string, string>> = {},
  log: (message: string) => void = () => undefined,
): Backend {
  return createOpenAiBackend({ readVariable: async (name) => variables[name], log });
}
