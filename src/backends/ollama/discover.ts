import type { SilentServer } from '../definition.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { DiscoveredModel } from '../../core/model.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { within } from '../../net/timeouts.ts';
import { isCloudName } from './names.ts';
import type { OllamaListedModel } from './protocol.ts';
import { fetchModels } from './upstream.ts';

/** A listing waits no longer: a server on this machine answers at once. */
const LIST_TIMEOUT_MS = 800;

/** The same if the last list can stand in. */
const RELIST_TIMEOUT_MS = 300;

/** A name waits longer before it is unknown: a server that loads a model may be slow to answer. */
const NAME_TIMEOUT_MS = 3_000;

/** A refresh in the background may take so long. */
const REFRESH_TIMEOUT_MS = 10_000;

/** Short enough for a pull to be noticed, long enough for a client that asks again and again. */
const LIFETIME_MS = 3_000;

/** A name that is not in a list of this age is asked for afresh. */
const NAME_LIFETIME_MS = 500;

const RETRY_AFTER_SECONDS = 5;

/** A request for the list that is under way, or was the last one. */
interface Refresh {
  readonly at: number;
  /** Resolves to true if the server answered, or is certainly away; false if it stayed silent. */
  readonly done: Promise<boolean>;
}

/** Wait for the first list of a server. */
export interface ListPatience {
  /** Default: less than a second. */
  readonly timeoutMs?: number;
  /** Is called if the server stays silent for so long. */
  readonly onSilent?: (server: SilentServer) => void;
}

/**
 * Finds the models of the server at a URL, by `/api/tags`. The last list is kept and refreshed in the
 * background. A name that it lacks is asked for afresh; `overloaded` is thrown if the server is silent then.
 */
export function createDiscovery(
  http: HttpClient,
  url: string,
  { timeoutMs: listTimeoutMs = LIST_TIMEOUT_MS, onSilent }: ListPatience = {},
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
        // A silent server still has what it had; one that refuses a connection has nothing.
        if (!late.aborted) models = undefined;
        return !late.aborted;
      },
    );
    last = { at: performance.now(), done };
    return last;
  };

  return async (asked) => {
    const isNeeded = asked !== undefined && !standsIn(asked) && !has(models, asked);
    const { at, done } = refresh(isNeeded ? NAME_LIFETIME_MS : LIFETIME_MS);
    const listing = models === undefined ? listTimeoutMs : RELIST_TIMEOUT_MS;
    const age = performance.now() - at;
    const timeout = isNeeded ? NAME_TIMEOUT_MS : Math.max(0, listing - age);
    const isAnswered = await within(done, timeout);
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

/** Another model answers for such a name if Ollama does not have it, so it is no reason to wait. */
function standsIn(name: string): boolean {
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
