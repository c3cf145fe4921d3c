import { describe, expect, it } from 'vitest';
import type { LoadedModel } from '../../src/core/backend.ts';
import { refuseUnload } from '../../src/pipeline/unload.ts';
import { covers } from '../support/covers.ts';

const engine = (busy: number, waiting = 0): LoadedModel => ({
  name: 'm',
  device: 'CPU',
  sizeBytes: 1,
  contextTokens: 8192,
  slots: { busy, total: 1 },
  waiting,
  idleMs: 0,
  unloadsInMs: null,
});

describe('a model with two engines', () => {
  covers('R7.1-apart', 'R4.6-stop', 'R12.2-hung');

  it.each([
    ['the first', [engine(1), engine(0)], 1],
    ['the second', [engine(0), engine(1, 2)], 3],
    ['each', [engine(1), engine(1)], 2],
  ])('is not unloaded while %s of its engines answers', (_which, loaded, requests) => {
    const says = new RegExp(`^m has ${requests} request`);
    expect(() => refuseUnload('m', loaded, false)).toThrow(says);
    expect(() => refuseUnload('m', loaded, true)).not.toThrow();
  });

  it('is unloaded if its engine does not respond', () => {
    expect(() => refuseUnload('m', [{ ...engine(1), responds: false }], false)).not.toThrow();
  });

  it('is unloaded while none answers', () => {
    expect(() => refuseUnload('m', [engine(0), engine(0)], false)).not.toThrow();
  });
});
