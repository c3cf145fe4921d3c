import { beforeEach, describe, expect, it } from 'vitest';
import type { LoadGate } from '../../../../src/backends/local/memory/lease.ts';
import { MemoryLine } from '../../../../src/backends/local/memory/budget.ts';
import type { LineMember } from '../../../../src/backends/local/memory/budget.ts';
import type { LoadNeeds } from '../../../../src/backends/local/memory/eviction.ts';

const GB = 1e9;

let said: string[] = [];
let happened: string[] = [];
beforeEach(() => {
  said = [];
  happened = [];
});

function openLine(limitBytes?: number): MemoryLine {
  const memory = { free: () => 30 * GB, total: 32 * GB };
  return new MemoryLine({ memory, limitBytes, log: (message) => said.push(message) });
}

/** An engine that tells what happens to it; it leaves the line as soon as it has nothing to do. */
class Member implements LineMember {
  readonly name: string;
  readonly #line: MemoryLine;
  readonly #gate: LoadGate;
  busy = true;
  ending = false;
  lastUsed = 0;

  constructor(line: MemoryLine, name: string) {
    this.name = name;
    this.#line = line;
    this.#gate = line.gateOf(this);
  }

  async enter(needs: Partial<LoadNeeds> = {}): Promise<void> {
    try {
      const slots = await this.#gate.enter({
        place: 'CPU',
        free: 0,
        weights: 18 * GB,
        context: 2 * GB,
        sequence: 1 * GB,
        parallel: 1,
        ...needs,
      });
      happened.push(`${this.name} loads ${slots}`);
      this.#gate.settle(true);
    } catch (error) {
      happened.push(String(error));
    }
  }

  answered(now: number): void {
    this.busy = false;
    this.lastUsed = now;
    if (this.ending) this.#leave();
    else this.#line.advance();
  }

  asked(): void {
    this.busy = true;
    this.#line.advance();
  }

  retire(): void {
    happened.push(`${this.name} retires`);
    this.ending = true;
    if (!this.busy) this.#leave();
  }

  #leave(): void {
    happened.push(`${this.name} ends`);
    this.#gate.settle(false);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('[R6.4-eviction] the line for memory', () => {
  it('lets models in as long as there is room', async () => {
    const line = openLine();
    void new Member(line, 'a').enter({ weights: 10 * GB });
    void new Member(line, 'b').enter({ weights: 10 * GB });
    await turn();
    expect(happened).toEqual(['a loads 1', 'b loads 1']);
    expect(said).toEqual([]);
  });

  it('gives as many slots as half of what is left is for', async () => {
    const line = openLine(21 * GB);
    void new Member(line, 'a').enter({ weights: 11 * GB, parallel: undefined });
    await turn();
    expect(happened).toEqual(['a loads 4']);
    void new Member(line, 'b').enter({ weights: 1 * GB, parallel: undefined });
    await turn();
    expect(happened).toEqual(['a loads 4', 'b loads 1']);
  });

  it('ends the model that was not used for longest, and says so', async () => {
    const line = openLine();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Member(line, name));
    void a?.enter({ weights: 10 * GB });
    void b?.enter({ weights: 10 * GB });
    await turn();
    b?.answered(1);
    a?.answered(2);
    void c?.enter({ weights: 10 * GB });
    await turn();
    expect(happened.slice(2)).toEqual(['b retires', 'b ends', 'c loads 1']);
    expect(said).toEqual(['b makes way for c now']);
  });

  it('[R6.4-swap] waits for one that answers, and is served before what comes later', async () => {
    const line = openLine();
    const a = new Member(line, 'a');
    void a.enter();
    await turn();
    void new Member(line, 'b').enter();
    await turn();
    // New requests for `a` have an engine of their own, since the old one takes no more.
    void new Member(line, 'a2').enter();
    await turn();
    expect(happened).toEqual(['a loads 1', 'a retires']);
    a.answered(1);
    await turn();
    expect(happened.slice(2)).toEqual(['a ends', 'b loads 1', 'b retires']);
  });

  it('makes no room for one whose requests were given up, as long as there are none', async () => {
    const line = openLine();
    const [a, b] = ['a', 'b'].map((name) => new Member(line, name));
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

  it('loads one that would not fit even alone, with a warning', async () => {
    const line = openLine(4 * GB);
    void new Member(line, 'a').enter();
    await turn();
    expect(happened).toEqual(['a loads 1']);
    expect(said).toEqual([expect.stringMatching(/^a needs about 20 GB and 4 GB are free: /)]);
  });

  it.each([
    ['weights are', { weights: 40 * GB }, 'its weights are 40 GB, and the memory is 32 GB'],
    ['context is', { context: 50 * GB }, 'its context would take about 50 GB, and the memory is'],
  ])('refuses one whose %s larger than the memory, and goes on', async (_title, needs, reason) => {
    const line = openLine();
    void new Member(line, 'a').enter(needs);
    void new Member(line, 'b').enter();
    await turn();
    expect(happened).toHaveLength(2);
    expect(happened[0]).toContain(reason);
    expect(happened[1]).toBe('b loads 1');
  });

  it('[R6.6-vram] counts the memory of a GPU apart', async () => {
    const line = openLine();
    const a = new Member(line, 'a');
    void a.enter({ place: 'GPU', free: 24 * GB });
    void new Member(line, 'b').enter();
    await turn();
    expect(happened).toEqual(['a loads 1', 'b loads 1']);
    void new Member(line, 'c').enter({ place: 'GPU', free: 4 * GB });
    await turn();
    a.answered(1);
    await turn();
    expect(happened.slice(2)).toEqual(['a retires', 'a ends', 'c loads 1']);
  });
});
