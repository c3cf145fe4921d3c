import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { MemoryLease } from '../../../../src/backends/local/memory/lease.ts';
import { MemoryBudget } from '../../../../src/backends/local/memory/budget.ts';
import type { BudgetMember } from '../../../../src/backends/local/memory/budget.ts';
import type { LoadNeeds } from '../../../../src/backends/local/memory/eviction.ts';
import { covers } from '../../../support/covers.ts';

const GB = 1e9;

let said: string[] = [];
let happened: string[] = [];
beforeEach(() => {
  said = [];
  happened = [];
});

function openBudget(limitBytes?: number): MemoryBudget {
  const memory = { free: () => 30 * GB, total: 32 * GB };
  return new MemoryBudget({ memory, limitBytes, log: (message) => said.push(message) });
}

/** Engine that reports what happens to it; it frees its memory as soon as it has nothing to do. */
class Member implements BudgetMember {
  readonly name: string;
  readonly #budget: MemoryBudget;
  readonly #lease: MemoryLease;
  busy = true;
  ending = false;
  lastUsed = 0;

  constructor(budget: MemoryBudget, name: string) {
    this.name = name;
    this.#budget = budget;
    this.#lease = budget.leaseOf(this);
  }

  /** Enters with a load that does not end. */
  hang(needs: Partial<LoadNeeds> = {}): void {
    void this.enter(needs, true);
  }

  async enter(needs: Partial<LoadNeeds> = {}, hangs = false): Promise<void> {
    try {
      const slots = await this.#lease.acquire({
        place: 'CPU',
        free: 0,
        weights: 18 * GB,
        context: 2 * GB,
        sequence: 1 * GB,
        parallel: 1,
        ...needs,
      });
      happened.push(`${this.name} loads ${slots}`);
      if (!hangs) this.#lease.settle(true);
    } catch (error) {
      happened.push(String(error));
    }
  }

  answered(now: number): void {
    this.busy = false;
    this.lastUsed = now;
    if (this.ending) this.#leave();
    else this.#budget.advance();
  }

  asked(): void {
    this.busy = true;
    this.#budget.advance();
  }

  retire(): void {
    happened.push(`${this.name} retires`);
    this.ending = true;
    if (!this.busy) this.#leave();
  }

  #leave(): void {
    happened.push(`${this.name} ends`);
    this.#lease.settle(false);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the memory budget', () => {
  covers('R6.4-eviction', 'R6.4-swap', 'R6.6-vram');

  it('admits models while they fit', async () => {
    const budget = openBudget();
    void new Member(budget, 'a').enter({ weights: 10 * GB });
    void new Member(budget, 'b').enter({ weights: 10 * GB });
    await turn();
    expect(happened).toEqual(['a loads 1', 'b loads 1']);
    expect(said).toEqual([]);
  });

  it('grants the slots that fit into half of the free memory', async () => {
    const budget = openBudget(21 * GB);
    void new Member(budget, 'a').enter({ weights: 11 * GB, parallel: undefined });
    await turn();
    expect(happened).toEqual(['a loads 4']);
    void new Member(budget, 'b').enter({ weights: 1 * GB, parallel: undefined });
    await turn();
    expect(happened).toEqual(['a loads 4', 'b loads 1']);
  });

  it('unloads the least recently used model, and logs it', async () => {
    const budget = openBudget();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Member(budget, name));
    void a?.enter({ weights: 10 * GB });
    void b?.enter({ weights: 10 * GB });
    await turn();
    b?.answered(1);
    a?.answered(2);
    void c?.enter({ weights: 10 * GB });
    await turn();
    expect(happened.slice(2)).toEqual(['b retires', 'b ends', 'c loads 1']);
    expect(said).toEqual(['b is unloaded for c now']);
  });

  it('waits for a busy model, and serves requests in the order of arrival', async () => {
    const budget = openBudget();
    const a = new Member(budget, 'a');
    void a.enter();
    await turn();
    void new Member(budget, 'b').enter();
    await turn();
    // New requests for `a` have an engine of their own, since the old one takes no more.
    void new Member(budget, 'a2').enter();
    await turn();
    expect(happened).toEqual(['a loads 1', 'a retires']);
    a.answered(1);
    await turn();
    expect(happened.slice(2)).toEqual(['a ends', 'b loads 1', 'b retires']);
  });

  it('unloads nothing for a model whose requests were all cancelled', async () => {
    const budget = openBudget();
    const [a, b] = ['a', 'b'].map((name) => new Member(budget, name));
    void a?.enter();
    await turn();
    if (b !== undefined) b.busy = false;
    void b?.enter();
    await turn();
    expect(happened).toEqual(['a loads 1']);
    b?.asked();
    await turn();
    expect(happened.slice(1)).toEqual(['a retires']);
  });

  it('loads a model that does not fit even alone, with a warning', async () => {
    const budget = openBudget(4 * GB);
    void new Member(budget, 'a').enter();
    await turn();
    expect(happened).toEqual(['a loads 1']);
    expect(said).toEqual([expect.stringMatching(/^a needs about 20 GB, and 4 GB are free: /)]);
  });

  it.each([
    ['weights are', { weights: 40 * GB }, 'its weights are 40 GB, and the memory is 32 GB'],
    ['context is', { context: 50 * GB }, 'its context would take about 50 GB, and the memory is'],
  ])('refuses one whose %s larger than the memory, and goes on', async (_title, needs, reason) => {
    const budget = openBudget();
    void new Member(budget, 'a').enter(needs);
    void new Member(budget, 'b').enter();
    await turn();
    expect(happened).toHaveLength(2);
    expect(happened[0]).toContain(reason);
    expect(happened[1]).toBe('b loads 1');
  });

  it.each<[string, Partial<LoadNeeds>, readonly string[]]>([
    ['a model that fits beside it', { weights: 6 * GB }, ['b loads 1']],
    // The system does not count yet what the first one will take.
    ['one that does not', { weights: 19 * GB }, ['a retires']],
    ['one for the same GPU', { weights: 1 * GB, place: 'GPU', free: 40 * GB }, []],
  ])('does not wait longer than 10 s for a load: %s', async (_title, needs, then) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const budget = openBudget();
    new Member(budget, 'a').hang({ free: 40 * GB, ...needs, weights: 10 * GB });
    void new Member(budget, 'b').enter(needs);
    await vi.advanceTimersByTimeAsync(9999);
    expect(happened).toEqual(['a loads 1']);
    await vi.advanceTimersByTimeAsync(1);
    expect(happened.slice(1)).toEqual(then);
  });

  it('counts the memory of a GPU separately', async () => {
    const budget = openBudget();
    const a = new Member(budget, 'a');
    void a.enter({ place: 'GPU', free: 24 * GB });
    void new Member(budget, 'b').enter();
    await turn();
    expect(happened).toEqual(['a loads 1', 'b loads 1']);
    void new Member(budget, 'c').enter({ place: 'GPU', free: 4 * GB });
    await turn();
    a.answered(1);
    await turn();
    expect(happened.slice(2)).toEqual(['a retires', 'a ends', 'c loads 1']);
  });
});
