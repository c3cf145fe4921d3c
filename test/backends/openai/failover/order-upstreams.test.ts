import { describe, expect, it } from 'vitest';
import { CLOSED } from '../../../../src/backends/openai/failover/circuit.ts';
import type { Circuit } from '../../../../src/backends/openai/failover/circuit.ts';
import { orderUpstreams } from '../../../../src/backends/openai/failover/order-upstreams.ts';
import type {
  RoutingKey,
  Candidate,
} from '../../../../src/backends/openai/failover/order-upstreams.ts';
import { covers } from '../../../support/covers.ts';

const upstream = (id: string, rest: Partial<Candidate> = {}): Candidate => ({
  id,
  weight: 1,
  circuit: CLOSED,
  onTrial: false,
  ...rest,
});

const order = (candidates: readonly Candidate[], asker: RoutingKey) =>
  orderUpstreams(candidates, asker).map(({ id }) => id);

const sessions = Array.from({ length: 3_000 }, (_, number) => `session-${number}`);

function firsts(candidates: readonly Candidate[], askerOf: (name: string) => RoutingKey) {
  const counts: Record<string, number> = {};
  for (const name of sessions) {
    const [first = ''] = order(candidates, askerOf(name));
    counts[first] = (counts[first] ?? 0) + 1;
  }
  return counts;
}

const open: Circuit = { ...CLOSED, phase: 'open' };
const halfOpen: Circuit = { ...CLOSED, phase: 'half-open', failures: 5 };
const failing: Circuit = { ...CLOSED, failures: 2 };

describe('the order of a session', () => {
  covers('R4.3-affinity');

  const all = ['a', 'b', 'c', 'd'].map((id) => upstream(id));

  it('is the same each time, however they are listed', () => {
    for (const session of sessions.slice(0, 100)) {
      expect(order(all.toReversed(), { session })).toEqual(order(all, { session }));
    }
  });

  it('keeps the rest of itself when one goes away or comes', () => {
    for (const session of sessions.slice(0, 100)) {
      const whole = order(all, { session });
      const left = all.map((one) => (one.id === 'b' ? { ...one, circuit: open } : one));
      expect(order(left, { session })).toEqual(whole.filter((id) => id !== 'b'));
    }
  });

  it('does not change by single failures', () => {
    const session = 's';
    const shaken = all.map((one) => ({ ...one, circuit: one.id < 'c' ? failing : CLOSED }));
    expect(order(shaken, { session })).toEqual(order(all, { session }));
  });
});

describe('upstreams', () => {
  covers('R4.3-weights');

  const weighed = [upstream('a'), upstream('b', { weight: 3 }), upstream('c', { weight: 0.5 })];

  it.each<[string, (name: string) => RoutingKey]>([
    ['sessions', (session) => ({ session })],
    ['requests of no session', (draw) => ({ draw })],
  ])('get their share of %s', (_name, askerOf) => {
    const { a = 0, b = 0, c = 0 } = firsts(weighed, askerOf);
    expect(a / sessions.length).toBeCloseTo(1 / 4.5, 1);
    expect(b / sessions.length).toBeCloseTo(3 / 4.5, 1);
    expect(c / sessions.length).toBeCloseTo(0.5 / 4.5, 1);
  });
});

describe('an upstream', () => {
  covers('R4.3-circuit');

  const asker = { draw: 'x' };

  it('is not asked while its circuit is open', () => {
    expect(order([upstream('a', { circuit: open }), upstream('b')], asker)).toEqual(['b']);
    expect(order([upstream('a', { circuit: open })], asker)).toEqual([]);
  });

  it('that is half open is tried by one request, and by others only where nothing else is left', () => {
    const one = upstream('a', { circuit: halfOpen, weight: 1e9 });
    expect(order([upstream('b'), one], asker)).toEqual(['a', 'b']);
    expect(order([{ ...one, onTrial: true }, upstream('b')], asker)).toEqual(['b', 'a']);
  });

  it('that fails is asked less by what belongs to no session, but asked', () => {
    const both = [upstream('a', { circuit: failing }), upstream('b')];
    const { a = 0 } = firsts(both, (draw) => ({ draw }));
    expect(a).toBeGreaterThan(0);
    expect(a).toBeLessThan(sessions.length / 50);
    const kept = firsts(both, (session) => ({ session }));
    expect((kept['a'] ?? 0) / sessions.length).toBeCloseTo(1 / 2, 1);
  });
});
