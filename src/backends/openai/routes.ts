import { upstreamName } from '../../core/model.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { OpenAiSpec } from './spec.ts';
import { shownUrl } from '../../net/http-client.ts';

/** Server that answers for a model. */
export interface Route {
  /** Key of its circuit. Entries with the same model on the same server share it. */
  readonly id: string;
  /** URL in log lines and failures. */
  readonly url: string;
  readonly weight: number;
  /** Model with the settings for this server. */
  readonly model: OpenAiSpec;
}

/** Servers of a model, with the settings inherited from its entry; none if the entry has a `url` instead. */
export function routesOf(entry: OpenAiSpec): readonly Route[] {
  const { providers = [], ...shared } = entry;
  return providers.map(({ weight = 1, ...own }) => {
    const headers = { ...shared.headers, ...own.headers };
    const model = { ...shared, ...own, headers };
    const id = JSON.stringify([model.url, upstreamName(model), model.key, headers]);
    return { id, url: shownUrl(model.url), weight, model };
  });
}

/** Base URL of a model's only server. Throws `invalid-request` if the entry has none. */
export function urlOf({ name, url }: OpenAiSpec): string {
  if (url !== undefined) return url;
  throw new RuntimeFailure(
    'invalid-request',
    `models.yaml: ${name} needs 'url', such as http://127.0.0.1:8000/v1`,
  );
}
