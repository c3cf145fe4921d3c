import { upstreamName } from '../../core/model.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { OpenAiSpec } from './spec.ts';
import { shownUrl } from '../../net/http-client.ts';

/** One of the servers that answer for a model. */
export interface Route {
  /** What it is remembered by: models that share a server's model share its standing. */
  readonly id: string;
  /** As log and failures name it. */
  readonly url: string;
  readonly weight: number;
  /** The model as this server is asked for it. */
  readonly model: OpenAiSpec;
}

/** The servers of a model, each with what it inherits of the model's entry; none where it has a URL instead. */
export function routesOf(entry: OpenAiSpec): readonly Route[] {
  const { providers = [], ...shared } = entry;
  return providers.map(({ weight = 1, ...own }) => {
    const headers = { ...shared.headers, ...own.headers };
    const model = { ...shared, ...own, headers };
    const id = JSON.stringify([model.url, upstreamName(model), model.key, headers]);
    return { id, url: shownUrl(model.url), weight, model };
  });
}

/** The base URL of a model's one server. Throws `invalid-request` where the entry has none. */
export function urlOf({ name, url }: OpenAiSpec): string {
  if (url !== undefined) return url;
  throw new RuntimeFailure(
    'invalid-request',
    `models.yaml: ${name} needs 'url', such as http://127.0.0.1:8000/v1`,
  );
}
