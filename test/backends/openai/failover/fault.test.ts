import { describe, expect, it } from 'vitest';
import { isUpstreamFault, limitOf } from '../../../../src/backends/openai/failover/fault.ts';
import { RuntimeFailure } from '../../../../src/core/failure.ts';
import type { FailureCode } from '../../../../src/core/failure.ts';
import { covers } from '../../../support/covers.ts';

describe('a failure', () => {
  covers('R4.3-failover', 'R4.3-client-fault', 'R4.3-circuit');

  it.each<[FailureCode, boolean]>([
    ['backend-unavailable', true],
    ['backend-failed', true],
    ['overloaded', true],
    ['rate-limited', true],
    ['model-not-found', true],
    ['billing', true],
    ['timeout', true],
    ['invalid-request', false],
    ['unsupported', false],
    ['prompt-too-long', false],
    ['request-too-large', false],
    ['cancelled', false],
    ['internal', false],
  ])('of %s is the upstream’s: %s', (code, isTheirs) => {
    expect(isUpstreamFault(new RuntimeFailure(code, 'why'))).toBe(isTheirs);
  });

  it('of our own code is not the upstream’s', () => {
    expect(isUpstreamFault(new TypeError('undefined is not a function'))).toBe(false);
  });

  it.each<[FailureCode, number | undefined]>([
    ['rate-limited', 7],
    ['backend-unavailable', undefined],
    ['overloaded', undefined],
  ])('of %s limits for %s seconds', (code, seconds) => {
    expect(limitOf(new RuntimeFailure(code, 'why', { retryAfterSeconds: 7 }))).toBe(seconds);
  });
});
