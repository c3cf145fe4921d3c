import type { Settings } from '../../config/settings.ts';
import { listedDefault, lookUp } from '../../registry/lookup.ts';
import type { Registry } from '../../registry/registry.ts';
import type { NamedModel } from '../../pipeline/usable-models.ts';

export interface Served {
  readonly version: string;
  readonly url: string;
  readonly settings: Pick<Settings, 'apiKeys'>;
  readonly registry: Registry;
  /** Models that can answer now, Ollama's included. */
  readonly ready: readonly NamedModel[];
}

/** What `serve` prints when it listens: what it serves, a line to try it, and how to point clients at it. */
export function banner({ version, url, settings, registry, ready }: Served): string {
  const keyed = settings.apiKeys.length > 0;
  const models = new Map(ready.map(({ name, model }) => [name, model]));
  const tables = { models, aliases: new Map<string, string>() };
  const usual = listedDefault(tables, registry.defaultModel);
  const named = ready.map(({ name }) => (name === usual ? `${name} (default)` : name));
  const missing = [...registry.models.keys()].filter((name) => !lookUp(tables, name).found);
  return [
    `Portico ${version} serves ${url}`,
    '',
    `Models: ${named.join(', ') || 'none yet'}`,
    ...(missing.length > 0 ? [`Known, not downloaded: ${missing.join(', ')}`] : []),
    '',
    'Try it:',
    `  ${curlLine(url, registry.defaultModel, keyed)}`,
    '',
    'Point an Anthropic client at it:',
    `  export ANTHROPIC_BASE_URL=${url}`,
    `  export ANTHROPIC_AUTH_TOKEN=${keyed ? 'YOUR_KEY' : 'portico'}`,
    '',
  ].join('\n');
}

function curlLine(url: string, model: string, keyed: boolean): string {
  const body = JSON.stringify({
    model,
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hello, how are you?' }],
  });
  const key = keyed ? ` -H 'x-api-key: YOUR_KEY'` : '';
  // A quote in the model's name would end the shell's text.
  const data = body.replaceAll("'", String.raw`\u0027`);
  return `curl ${url}/v1/messages -H 'content-type: application/json'${key} -d '${data}'`;
}
