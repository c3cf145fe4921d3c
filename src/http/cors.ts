import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { RuntimeFailure } from '../core/failure.ts';
import { hostname, isLocalName } from './hosts.ts';

/** Pages that may use a server. */
export interface PageRules {
  /** Origins whose pages may read responses; `*` means all. */
  readonly origins: readonly string[];
  /** Pages of any origin may send requests, because a key protects the server. */
  readonly anyOrigin: boolean;
  /** Only this machine can reach the server. */
  readonly loopback: boolean;
}

/** Headers that a page may read besides the safelisted ones. */
const EXPOSED = ['request-id', 'portico-model', 'retry-after', 'allow'].join(', ');

const METHODS = 'GET, HEAD, POST, DELETE';

/** Longest time that Chromium caches a preflight response, in seconds. */
const MAX_AGE = '7200';

/**
 * Accepts pages of allowed origins, and refuses other sites before their request has an effect: a browser
 * also sends requests whose response the page may not read.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function createPageGuard(rules: PageRules): RequestHandler {
  const allowed = new Set(rules.origins);
  return (request, response, next) => {
    const { origin } = request.headers;
    if (allowed.size > 0) response.vary('origin');
    if (origin !== undefined && (allowed.has(origin) || allowed.has('*'))) {
      response.set({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': EXPOSED,
      });
      if (isPreflight(request.method, request.headers)) answerPreflight(request.headers, response);
      else next();
      return;
    }
    if (!isTrusted(request.headers, rules)) throw foreignPage(origin);
    next();
  };
}

function isTrusted(headers: IncomingHttpHeaders, { anyOrigin, loopback }: PageRules): boolean {
  if (headers['sec-fetch-site'] === 'cross-site') return false;
  if (headers.origin === undefined || anyOrigin) return true;
  const page = hostname(headers.origin);
  if (page === undefined) return false;
  return (loopback && isLocalName(page)) || page === hostname(`http://${headers.host}`);
}

function isPreflight(method: string, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** Answers a preflight. All requested headers are allowed, because SDKs add new ones in each version. */
function answerPreflight(headers: IncomingHttpHeaders, response: Response): void {
  const asked = headers['access-control-request-headers'];
  response
    .status(204)
    .vary('access-control-request-headers')
    .set({
      'access-control-allow-methods': METHODS,
      'access-control-max-age': MAX_AGE,
      ...(asked !== undefined && { 'access-control-allow-headers': asked }),
      // https://wicg.github.io/private-network-access/
      ...(headers['access-control-request-private-network'] === 'true' && {
        'access-control-allow-private-network': 'true',
      }),
    })
    .end();
}

function foreignPage(origin: string | undefined): RuntimeFailure {
  return new RuntimeFailure(
    'permission',
    origin === undefined
      ? 'Pages of other sites may not use this server.'
      : `Pages of ${origin} may not use this server. Start it with --cors ${origin} to let them in.`,
  );
}
