interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
  readonly at: number;
}

/** LRU cache with a limit on the total weight of its values. */
export class WeightedCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #maxWeight: number;
  readonly #lifetimeMs: number;
  #weight = 0;

  /** @param lifetimeMs time after which a value expires, even if it is used */
  constructor(maxWeight: number, lifetimeMs = Number.POSITIVE_INFINITY) {
    this.#maxWeight = maxWeight;
    this.#lifetimeMs = lifetimeMs;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#remove(key, entry);
    if (performance.now() - entry.at > this.#lifetimeMs) return undefined;
    this.#add(key, entry);
    return entry.value;
  }

  set(key: string, value: Value, weight: number): void {
    const known = this.#entries.get(key);
    if (known !== undefined) this.#remove(key, known);
    this.#add(key, { value, weight, at: performance.now() });
    for (const [oldest, entry] of this.#entries) {
      if (this.#weight <= this.#maxWeight) return;
      this.#remove(oldest, entry);
    }
  }

  #add(key: string, entry: Entry<Value>): void {
    this.#entries.set(key, entry);
    this.#weight += entry.weight;
  }

  #remove(key: string, entry: Entry<Value>): void {
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }
}
