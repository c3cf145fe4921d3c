import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { RuntimeFailure } from '../core/failure.ts';

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
  return /^Bearer\s+(\S.*)$/i.exec(header ?? '')?.[1];
}

/** Digests have one length, which timingSafeEqual needs and which hides the key's own. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
