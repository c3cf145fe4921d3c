import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { isLoopbackHost } from '../config/settings.ts';
import { RuntimeFailure } from '../core/errors.ts';

/**
 * Against DNS rebinding: a page of the web can make a browser send requests to a loopback server, but
 * it can't hide the name that it used (Host) or the page that asks (Origin).
 */
export function createLocalGuard(): RequestHandler {
  // Most servers are only ever asked by one name, which need not be taken apart each time.
  let lastLocalHost: string | undefined;
  return (request, _response, next) => {
    const { host, origin } = request.headers;
    if (host !== undefined && host !== lastLocalHost) {
      if (!isLocalName(hostname(`http://${host}`))) throw foreignHost(host);
      lastLocalHost = host;
    }
    if (origin !== undefined && !isLocalName(hostname(origin))) {
      throw new RuntimeFailure(
        'permission',
        `Pages of ${origin} may not use this server: only pages of this machine may.`,
      );
    }
    next();
  };
}

function foreignHost(host: string): RuntimeFailure {
  return new RuntimeFailure(
    'permission',
    `The Host header '${host}' does not name this machine. Use http://127.0.0.1 or localhost, ` +
      'or serve the network with --host and --api-key.',
  );
}

/** Requires one of the keys, as `x-api-key` or as a bearer token; where both are sent, the first counts. */
export function createKeyGuard(keys: readonly string[]): RequestHandler {
  const digests = keys.map(digest);
  return (request, _response, next) => {
    const key = request.get('x-api-key') ?? bearer(request.get('authorization'));
    if (key === undefined) {
      throw new RuntimeFailure('authentication', 'x-api-key header is required');
    }
    const given = digest(key);
    // Every key is compared, so that the time tells nothing of which one nearly fits.
    const fitting = digests.filter((known) => timingSafeEqual(known, given));
    if (fitting.length === 0) throw new RuntimeFailure('authentication', 'invalid x-api-key');
    next();
  };
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer\s+(.+)$/i.exec(header ?? '')?.[1];
}

/** Digests have one length, which timingSafeEqual needs and which hides the key's own. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function hostname(url: string): string | undefined {
  try {
    return new URL(url).hostname;
  } catch {
    return undefined;
  }
}

function isLocalName(name: string | undefined): boolean {
  return name !== undefined && (isLoopbackHost(name) || name.endsWith('.localhost'));
}
