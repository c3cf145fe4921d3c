import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { RuntimeFailure } from '../core/failure.ts';
import type { KeyFault } from '../core/failure.ts';

/** Requires one of the keys as `x-api-key` or as a bearer token; `x-api-key` has precedence. */
export function createKeyGuard(keys: readonly string[]): RequestHandler {
  const digests = keys.map(digest);
  return (request, _response, next) => {
    const key = clientKey(request);
    if (key === undefined) throw keyFailure('The request has no key.', 'missing');
    const given = digest(key);
    // Compare every key: the time must not reveal which one matches.
    const matching = digests.filter((known) => timingSafeEqual(known, given));
    if (matching.length === 0) throw keyFailure('The server does not know the key.', 'unknown');
    next();
  };
}

/** Key that a request brings. */
export function clientKey(request: Request): string | undefined {
  return request.get('x-api-key') ?? bearer(request.get('authorization'));
}

/** Failure of a client's key. Each wire has its own words for it. */
function keyFailure(reason: string, key: KeyFault): RuntimeFailure {
  return new RuntimeFailure('authentication', `${reason} Send a key of this server.`, { key });
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer\s+(\S.*)$/i.exec(header ?? '')?.[1];
}

/** Digest of a key. All digests have one length, as timingSafeEqual requires, which hides the key's length. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
