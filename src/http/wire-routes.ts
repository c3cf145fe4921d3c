import type { Express, Request, RequestHandler } from 'express';
import type { FileStore } from '../store/files.ts';
import type { FileContentRoute, FileRoute, FilesRoute, Wire, WireRoute } from '../wires/wire.ts';
import { methodNotAllowed } from './failures.ts';
import { canonicalUrl, prefixOf } from './paths.ts';
import { setWire, wireOf } from './request-state.ts';
import {
  createFileContentHandler,
  createFileHandlers,
  createFilesHandlers,
} from './routes/files.ts';
import type { FileHandlerOptions } from './routes/files.ts';
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

export interface WireRouteOptions extends GenerateOptions {
  /** Files of clients. Default: the routes of files do not exist. */
  readonly files?: FileStore;
}

/** Handlers of a route by method. */
type Methods = Readonly<Record<string, RequestHandler>>;

/** Adds the routes of all wires. */
export function addWireRoutes(
  app: Express,
  wires: readonly Wire[],
  options: WireRouteOptions,
): void {
  const methodsOf = createMethods(options);
  const paths = new Map<string, Map<Wire, Methods>>();
  for (const wire of wires) {
    for (const route of wire.routes) {
      const methods = methodsOf(route);
      if (methods === undefined) continue;
      const serving = paths.get(route.path) ?? new Map<Wire, Methods>();
      paths.set(route.path, serving.set(wire, methods));
    }
  }
  for (const [path, serving] of paths) {
    app.all(path, (request, response, next) => {
      const methods = serving.get(wireOf(request));
      if (methods === undefined) return next();
      const handle = methods[request.method] ?? methodNotAllowed(Object.keys(methods));
      return handle(request, response, next);
    });
  }
}

/** Returns a function that creates the handlers of a route; undefined if the server does not serve it. */
function createMethods(options: WireRouteOptions) {
  const { runtime, files, stopping } = options;
  const generate = createGenerateHandlers(options);
  const fileOptions = files === undefined ? undefined : { files, stopping };
  return (route: WireRoute): Methods | undefined => {
    switch (route.kind) {
      case 'generate':
        return { POST: generate.answer(route) };
      case 'count':
        return { POST: generate.count(route) };
      case 'models':
        return reading(createModelsHandler(route, runtime));
      case 'model':
        return reading(createModelHandler(route, runtime));
      default:
        return fileOptions && fileMethods(route, fileOptions);
    }
  };
}

function fileMethods(
  route: FilesRoute | FileRoute | FileContentRoute,
  options: FileHandlerOptions,
): Methods {
  switch (route.kind) {
    case 'files': {
      const { list, upload } = createFilesHandlers(route, options);
      return { ...reading(list), POST: upload };
    }
    case 'file': {
      const { facts, remove } = createFileHandlers(route, options);
      return { ...reading(facts), DELETE: remove };
    }
    case 'file-content':
      return reading(createFileContentHandler(route, options));
    default:
      return route satisfies never;
  }
}

function reading(handle: RequestHandler): Methods {
  return { GET: handle, HEAD: handle };
}
