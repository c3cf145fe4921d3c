import type { SilentServer } from '../definition.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { DiscoveredModel } from '../../core/model.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { withTimeout } from '../../net/timeouts.ts';
import { isCloudName } from './names.ts';
import type { OllamaListedModel } from './protocol.ts';
import { fetchModels } from './upstream.ts';

/** Timeout of a first list. A server on this machine usually answers at once. */
const LIST_TIMEOUT_MS = 800;

/** Timeout of a list if an earlier one can be used instead. */
const RELIST_TIMEOUT_MS = 300;

/** Timeout before a name counts as unknown. It is longer, because a server that loads a model may be slow. */
const NAME_TIMEOUT_MS = 3_000;

/** Timeout of a refresh in the background. */
const REFRESH_TIMEOUT_MS = 10_000;

/** Short enough to notice a pull, long enough for a client that asks repeatedly. */
const LIFETIME_MS = 3_000;

/** Age of a list after which an unlisted name causes a new request. */
const NAME_LIFETIME_MS = 500;

const RETRY_AFTER_SECONDS = 5;

/** Present or last request for the list. */
interface Refresh {
  readonly at: number;
  /** Resolves to true if the server answered or refused the connection; false if it did not answer. */
  readonly done: Promise<boolean>;
}

/** Timeout of the first list of a server. */
export interface FirstListOptions {
  /** Default: less than a second. */
  readonly timeoutMs?: number;
  /** Called if the server does not answer in that time. */
  readonly onSilent?: (server: SilentServer) => void;
}

/**
 * Creates a function that lists the models of a server by `/api/tags`. The last list is cached and refreshed
 * in the background. A name that is not in it causes a new request, which throws `overloaded` if the server
 * does not answer.
 */
export function createDiscovery(
  http: HttpClient,
  url: string,
  { timeoutMs: listTimeoutMs = LIST_TIMEOUT_MS, onSilent }: FirstListOptions = {},
): (asked?: string) => Promise<readonly DiscoveredModel[]> {
  let models: readonly OllamaListedModel[] | undefined;
  let last: Refresh | undefined;

  let isPending = false;

  const refresh = (lifetime: number): Refresh => {
    if (last !== undefined && (isPending || performance.now() - last.at <= lifetime)) return last;
    isPending = true;
    const late = AbortSignal.timeout(REFRESH_TIMEOUT_MS);
    const listed = fetchModels(http, url, late).finally(() => {
      isPending = false;
    });
    const done = listed.then(
      (found) => {
        models = found;
        return true;
      },
      () => {
        // A server that does not answer keeps its list; one that refuses the connection has no models.
        if (!late.aborted) models = undefined;
        return !late.aborted;
      },
    );
    last = { at: performance.now(), done };
    return last;
  };

  return async (asked) => {
    const isNeeded = asked !== undefined && !isAnthropicName(asked) && !has(models, asked);
    const { at, done } = refresh(isNeeded ? NAME_LIFETIME_MS : LIFETIME_MS);
    const listing = models === undefined ? listTimeoutMs : RELIST_TIMEOUT_MS;
    const age = performance.now() - at;
    const timeout = isNeeded ? NAME_TIMEOUT_MS : Math.max(0, listing - age);
    const isAnswered = await withTimeout(done, timeout);
    if (isNeeded && isAnswered !== true && !has(models, asked)) throw silent(url, asked);
    if (isAnswered !== true && models === undefined) {
      onSilent?.({ url, timeoutMs: listTimeoutMs });
    }
    if (models === undefined) return [];
    const passed =
      asked !== undefined && isCloudName(asked) && !models.some(({ name }) => name === asked);
    return [...models, ...(passed ? [{ name: asked }] : [])].map(toDiscovered);
  };
}

function toDiscovered({ name, size }: OllamaListedModel): DiscoveredModel {
  return { name, backend: 'ollama', ...(size !== undefined && { sizeBytes: size }) };
}

/** Returns true for a name that another model answers for if Ollama does not have it, so there is no need to wait. */
function isAnthropicName(name: string): boolean {
  return /^claude-/i.test(name);
}

function has(models: readonly OllamaListedModel[] | undefined, asked: string): boolean {
  return models?.some(({ name }) => name === asked || name === `${asked}:latest`) === true;
}

function silent(url: string, asked: string): RuntimeFailure {
  return new RuntimeFailure(
    'overloaded',
    `model: ${asked} may be on the Ollama server at ${url}, which has not answered for ` +
      `${NAME_TIMEOUT_MS / 1000} s; try again soon, or restart it with: ollama serve`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
