import type { RequestHandler } from 'express';
import type { Runtime } from '../../pipeline/runtime.ts';

/** An engine whose process does not answer is left out; one that loads answers that it has not loaded. */
const PATIENCE_MILLISECONDS = 2000;

/** `GET /portico/models`: what is in memory, for `portico ps`. */
export function createLoadedRoute(runtime: Runtime): RequestHandler {
  return async (_request, response) => {
    response.json({ models: await runtime.loaded(patience()) });
  };
}

/** `POST /portico/models/:name/stop`: frees a model's memory, for `portico stop`. */
export function createStopRoute(runtime: Runtime): RequestHandler<{ name: string }> {
  return async (request, response) => {
    const force = request.query['force'] === 'true';
    response.json({ stopped: await runtime.unload(request.params.name, force, patience()) });
  };
}

function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MILLISECONDS);
}
