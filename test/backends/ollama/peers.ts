import { fixturesOf } from '../../support/upstream/fixtures.ts';
import type { ServerKind } from '../../support/upstream/peers.ts';

/** The models that the scenarios are about; `test/fixtures/ollama/*.Modelfile` says how they are made. */
const MODELS = ['mini:latest', 'mini-think:latest', 'mini-tools:latest'];

export const fixtures = fixturesOf('ollama');

/** Ollama, at OLLAMA_HOST. */
export const ollama: ServerKind = {
  name: 'Ollama',
  variable: 'OLLAMA_HOST',
  fixtures,
  command:
    'OLLAMA_HOST=HOST PORTICO_RECORD=1 npx vitest run test/backends/ollama test/contract/ollama.test.ts',
  async problemOf(url) {
    try {
      const response = await fetch(`${url}/api/tags`, { signal: AbortSignal.timeout(2_000) });
      const { models } = (await response.json()) as { models: readonly { name: string }[] };
      const missing = MODELS.filter((model) => !models.some(({ name }) => name === model));
      return missing.length === 0
        ? undefined
        : `it lacks ${missing.join(' and ')}; see test/fixtures/ollama/*.Modelfile`;
    } catch (error) {
      return String(error);
    }
  },
  async versionOf(url) {
    const response = await fetch(`${url}/api/version`);
    return ((await response.json()) as { version: string }).version;
  },
  scrub: (text) => text.replaceAll(/[^\s"]*\/blobs\/(sha256-\w+)/g, '/models/blobs/$1'),
};
