import { existsSync } from 'node:fs';
import type { SilentServer } from '../../backends/definition.ts';
import type { ServedModels } from '../../compose.ts';
import type { Settings } from '../../config/settings.ts';
import { shownUrl } from '../../net/http-client.ts';
import { listedDefault, lookUp } from '../../registry/lookup.ts';
import type { Registry, RegistryModel } from '../../registry/registry.ts';
import { missingFile, statusOf } from '../../registry/status.ts';

export interface BannerContent {
  readonly url: string;
  readonly settings: Pick<Settings, 'apiKeys'>;
  readonly registry: Registry;
  /** Models that can answer now, including those of Ollama. */
  readonly models: ServedModels;
}

/** Text that `serve` prints: names of models, a command to try one, and the environment for clients. */
export function banner({ url, settings, registry, models: served }: BannerContent): string {
  const keyed = settings.apiKeys.length > 0;
  const { usable, mute, problems, silent } = served;
  const models = new Map(usable.map(({ name, model }) => [name, model]));
  const tables = { models, aliases: new Map<string, string>() };
  const usual = listedDefault(tables, registry.defaultModel);
  const chatting = usable.map(({ name }) => name).filter((name) => !mute.has(name));
  const [first = usual] = chatting;
  const named = chatting.map((name) => (name === usual ? `${name} (default)` : name));
  const others = [...registry.models].filter(([name]) => !lookUp(tables, name).found);
  const missing = others.filter(([, model]) => isOffered(model)).map(([name]) => name);
  return [
    `Models: ${named.join(', ') || 'none yet'}`,
    ...(silent === undefined ? [] : [silence(silent)]),
    ...(missing.length > 0 ? [`Known, not downloaded: ${missing.join(', ')}`] : []),
    ...others.flatMap(([name, model]) =>
      isOffered(model) ? [] : [`Not usable: ${name}: ${problems.get(name) ?? missingFile(model)}`],
    ),
    '',
    'Try it:',
    `  ${curlLine(url, lookUp(tables, registry.defaultModel).found ? registry.defaultModel : first, keyed)}`,
    '',
    'Point an Anthropic client at it:',
    `  export ANTHROPIC_BASE_URL=${url}`,
    `  export ANTHROPIC_AUTH_TOKEN=${keyed ? 'YOUR_KEY' : 'portico'}`,
    '',
  ].join('\n');
}

/** Returns true for a model of the catalogue that can be downloaded. */
function isOffered(model: RegistryModel): boolean {
  return model.shipped && statusOf(model, existsSync) === 'not downloaded';
}

function silence({ url, timeoutMs }: SilentServer): string {
  const seconds = timeoutMs / 1000;
  return `Ollama at ${shownUrl(url)} did not answer within ${seconds} s; its models are listed once it does.`;
}

function curlLine(url: string, model: string, keyed: boolean): string {
  const body = JSON.stringify({
    model,
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hello, how are you?' }],
  });
  const key = keyed ? ` -H 'x-api-key: YOUR_KEY'` : '';
  // A quote in the model's name would end the shell's quoted text.
  const data = body.replaceAll("'", String.raw`\u0027`);
  return `curl ${url}/v1/messages -H 'content-type: application/json'${key} -d '${data}'`;
}
