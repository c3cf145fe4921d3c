import type { RequestHandler } from 'express';
import type { Runtime } from '../../pipeline/runtime.ts';

/** Timeout of an engine's status; an engine that does not respond is left out. */
const STATE_TIMEOUT_MS = 2000;

/** `GET /portico/models`: loaded models, for `portico ps`. */
export function createLoadedRoute(runtime: Runtime): RequestHandler {
  return async (_request, response) => {
    response.json({ models: await runtime.loaded(stateTimeout()) });
  };
}

/** `POST /portico/models/:name/stop`: unloads a model, for `portico stop`. */
export function createStopRoute(runtime: Runtime): RequestHandler<{ name: string }> {
  return async (request, response) => {
    const force = request.query['force'] === 'true';
    response.json({ stopped: await runtime.unload(request.params.name, force, stateTimeout()) });
  };
}

function stateTimeout(): AbortSignal {
  return AbortSignal.timeout(STATE_TIMEOUT_MS);
}
