import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { RuntimeFailure } from '../core/failure.ts';

/** Requires one of the keys as `x-api-key` or as a bearer token; `x-api-key` has precedence. */
export function createKeyGuard(keys: readonly string[]): RequestHandler {
  const digests = keys.map(digest);
  return (request, _response, next) => {
    const key = request.get('x-api-key') ?? bearer(request.get('authorization'));
    if (key === undefined) {
      throw new RuntimeFailure('authentication', 'x-api-key header is required');
    }
    const given = digest(key);
    // Compare every key: the time must not reveal which one matches.
    const matching = digests.filter((known) => timingSafeEqual(known, given));
    if (matching.length === 0) throw new RuntimeFailure('authentication', 'invalid x-api-key');
    next();
  };
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer\s+(\S.*)$/i.exec(header ?? '')?.[1];
}

/** Digest of a key. All digests have one length, as timingSafeEqual requires, which hides the key's length. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
