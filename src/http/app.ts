import { setMaxListeners } from 'node:events';
import express from 'express';
import type { Express, RequestHandler } from 'express';
import { isLoopbackHost } from '../net/loopback.ts';
import type { Wire } from '../wires/wire.ts';
import { createFailureHandler, methodNotAllowed, routeNotFound } from './failures.ts';
import { createPageGuard } from './cors.ts';
import { createKeyGuard } from './guards.ts';
import { createHostGuard, requireOneHost } from './hosts.ts';
import { createRequestLog } from './request-log.ts';
import { createLeaseRoutes } from './routes/leases.ts';
import { createLoadedRoute, createStopRoute } from './routes/loaded.ts';
import { serverStopping } from './stop.ts';
import { closeUnread } from './unread.ts';
import { addWireRoutes, createWireChoice } from './wire-routes.ts';
import type { WireRouteOptions } from './wire-routes.ts';

export interface AppOptions extends WireRouteOptions {
  /** Dialects, the standard one first. */
  readonly wires: readonly Wire[];
  /** Keys of clients; without any, no key is required. */
  readonly apiKeys: readonly string[];
  /** Accepted host names of requests besides this machine's own. */
  readonly allowedHosts?: readonly string[];
  /** Origins whose pages may read responses; `*` means all. */
  readonly corsOrigins?: readonly string[];
  /** Name or address that is bound. */
  readonly host: string;
  /** Called when the last lease on the server has ended. */
  readonly unleased?: (() => void) | undefined;
}

/** Creates the HTTP application: guards, then routes, then one handler for all failures. */
export function createApp(options: AppOptions): Express {
  // Every running request adds listeners.
  setMaxListeners(0, options.stopping, options.closing);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(createRequestLog(options.logger));
  app.use(closeUnread);
  app.use(createWireChoice(options.wires));
  app.use((_request, response, next) => {
    if (options.closing.aborted) {
      response.set('connection', 'close');
      throw serverStopping();
    }
    next();
  });
  addPageGuards(app, options);
  addOpenRoutes(app);
  if (options.apiKeys.length > 0) app.use(createKeyGuard(options.apiKeys));
  addApiRoutes(app, options);
  app.use(routeNotFound);
  app.use(createFailureHandler(options.logger));
  return app;
}

/** Adds guards against web pages. A request with a key is not from such a page, so a keyed server accepts any name. */
function addPageGuards(
  app: Express,
  { apiKeys, host, allowedHosts = [], corsOrigins = [] }: AppOptions,
): void {
  const loopback = isLoopbackHost(host);
  const checksNames = loopback || apiKeys.length === 0 || allowedHosts.length > 0;
  app.use(requireOneHost);
  if (checksNames) app.use(createHostGuard({ names: [host, ...allowedHosts], loopback }));
  app.use(createPageGuard({ origins: corsOrigins, anyOrigin: !checksNames, loopback }));
}

const alive: RequestHandler = (_request, response) => {
  response.json({ status: 'ok' });
};

/** Adds the health routes of clients, which reveal nothing and need no key. */
function addOpenRoutes(app: Express): void {
  for (const path of ['/', '/api/hello', '/health']) {
    app
      .route(path)
      .get(alive)
      .all(methodNotAllowed(['GET', 'HEAD']));
  }
}

function addApiRoutes(app: Express, options: AppOptions): void {
  const posts = methodNotAllowed(['POST']);
  const gets = methodNotAllowed(['GET', 'HEAD']);
  addWireRoutes(app, options.wires, options);
  app.route('/portico/models').get(createLoadedRoute(options.runtime)).all(gets);
  app.route('/portico/models/:name/stop').post(createStopRoute(options.runtime)).all(posts);
  const leases = createLeaseRoutes(options.closing, options.unleased);
  app
    .route('/portico/leases/:id')
    .post(leases.hold)
    .delete(leases.end)
    .all(methodNotAllowed(['POST', 'DELETE']));
}
