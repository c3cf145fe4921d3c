import { timingSafeEqual } from 'node:crypto';
import type * as Crypto from 'node:crypto';
import type { Request, Response } from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as Guards from '../../src/http/guards.ts';
import { covers } from '../support/covers.ts';

// The real comparison, watched: how long it takes can't be measured reliably, what is compared can.
vi.mock('node:crypto', async (load) => {
  const crypto = await load<typeof Crypto>();
  return { ...crypto, timingSafeEqual: vi.fn<typeof timingSafeEqual>(crypto.timingSafeEqual) };
});

let guards: typeof Guards;
beforeAll(async () => {
  // Another test file of this process may have imported them with the comparison unwatched.
  vi.resetModules();
  guards = await import('../../src/http/guards.ts');
});
afterAll(() => vi.resetModules());

const KEYS = ['short', 'a key of another length', 'first-key'];

/** Returns true if the guard accepts a key. */
function letsIn(key: string): boolean {
  const next = vi.fn<() => void>();
  const get = (name: string) => (name === 'x-api-key' ? key : undefined);
  try {
    void guards.createKeyGuard(KEYS)({ get } as unknown as Request, {} as Response, next);
  } catch {
    return false;
  }
  return next.mock.calls.length === 1;
}

describe('keys', () => {
  covers('R2.11-constant-time');

  it.each([
    ['short', true],
    ['first-key', true],
    ['first-kez', false],
    ['f', false],
    ['', false],
  ])('%j is compared with every key, at one length', (key, isKey) => {
    const watched = vi.mocked(timingSafeEqual);
    watched.mockClear();
    expect(letsIn(key)).toBe(isKey);
    expect(watched).toHaveBeenCalledTimes(KEYS.length);
    const lengths = watched.mock.calls.flat().map(({ byteLength }) => byteLength);
    expect(new Set(lengths).size).toBe(1);
  });
});
