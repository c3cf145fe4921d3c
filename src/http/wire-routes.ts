import type { Express, Request, RequestHandler } from 'express';
import type { Wire, WireRoute } from '../wires/wire.ts';
import { methodNotAllowed } from './failures.ts';
import { canonicalUrl, prefixOf } from './paths.ts';
import { setWire, wireOf } from './request-state.ts';
import { createGenerateHandlers } from './routes/generate.ts';
import type { GenerateOptions } from './routes/generate.ts';
import { createModelHandler, createModelsHandler } from './routes/models.ts';

/**
 * Chooses the wire of each request: the one named by the first path segment, else one with the path that
 * claims the headers, else the first with the path. Wires share paths, such as `/v1/models`.
 */
export function createWireChoice(wires: readonly Wire[]): RequestHandler {
  const names = wires.map(({ name }) => name);
  const [standard] = wires;
  return (request, _response, next) => {
    // A failure while the wire is chosen needs one, too.
    if (standard !== undefined) setWire(request, standard);
    const prefix = prefixOf(request.url, names);
    request.url = canonicalUrl(request.url, names);
    const serving = wires.filter((wire) => wire.routes.some(({ path }) => fits(path, request)));
    const wire =
      wires.find(({ name }) => name === prefix) ??
      serving.find(({ claims }) => claims?.(request.headers)) ??
      serving[0];
    if (wire !== undefined) setWire(request, wire);
    next();
  };
}

/** Returns true if a request matches the path of a route, whose `:id` matches any segment. */
function fits(route: string, { path }: Request): boolean {
  const [expected, given] = [route.split('/'), path.split('/')];
  return (
    expected.length === given.length &&
    expected.every((segment, index) => segment.startsWith(':') || segment === given[index])
  );
}

/** Adds the routes of all wires. */
export function addWireRoutes(
  app: Express,
  wires: readonly Wire[],
  options: GenerateOptions,
): void {
  const generate = createGenerateHandlers(options);
  const handlerOf = (route: WireRoute): RequestHandler => {
    if (route.kind === 'generate') return generate.answer(route);
    if (route.kind === 'count') return generate.count(route);
    return route.kind === 'models'
      ? createModelsHandler(route, options.runtime)
      : createModelHandler(route, options.runtime);
  };
  const paths = new Map<string, Map<Wire, ServedRoute>>();
  for (const wire of wires) {
    for (const route of wire.routes) {
      const serving = paths.get(route.path) ?? new Map<Wire, ServedRoute>();
      paths.set(
        route.path,
        serving.set(wire, { method: methodOf(route), handle: handlerOf(route) }),
      );
    }
  }
  for (const [path, serving] of paths) {
    app.all(path, (request, response, next) => {
      const served = serving.get(wireOf(request));
      if (served === undefined) return next();
      if (!METHODS[served.method].includes(request.method)) {
        return methodNotAllowed(METHODS[served.method])(request, response, next);
      }
      return served.handle(request, response, next);
    });
  }
}

interface ServedRoute {
  readonly method: Method;
  readonly handle: RequestHandler;
}

type Method = keyof typeof METHODS;

const METHODS: Readonly<Record<'POST' | 'GET', readonly string[]>> = {
  POST: ['POST'],
  GET: ['GET', 'HEAD'],
};

function methodOf({ kind }: WireRoute): Method {
  return kind === 'generate' || kind === 'count' ? 'POST' : 'GET';
}
