import type { LoadedModel } from '../../../core/backend.ts';
import type { KeepAlive } from '../../../units/keep-alive.ts';
import type { LocalSpec } from '../spec.ts';
import type { Engine } from '../engine.ts';
import type { MemoryLease } from '../memory/lease.ts';
import type { MemoryBudget } from '../memory/budget.ts';
import { ManagedEngine } from './managed-engine.ts';

export interface EnginePoolOptions {
  /** Memory budget, shared by all pools in the same memory. */
  readonly budget: MemoryBudget;
  /** Keep-alive of models whose entry sets none. */
  readonly keepAlive: KeepAlive;
  readonly open: (spec: LocalSpec, lease: MemoryLease) => Promise<Engine>;
  /** Kind of a model's engine; undefined if it has one kind only. */
  readonly engineKind?: (spec: LocalSpec) => LoadedModel['engine'];
}

/** Engines of a server: one per model, while it is used and there is memory for it. */
export class EnginePool {
  readonly #options: EnginePoolOptions;
  readonly #budget: MemoryBudget;
  /** Engines that accept requests, by model and settings. */
  readonly #engines = new Map<string, ManagedEngine>();
  /** All engines, including those that only finish their present requests. */
  readonly #living = new Set<ManagedEngine>();

  constructor(options: EnginePoolOptions) {
    this.#options = options;
    this.#budget = options.budget;
  }

  /** Returns the engine of a model. An edited entry gets a new one that replaces the old one. */
  engineFor(spec: LocalSpec): ManagedEngine {
    const key = JSON.stringify(spec);
    const known = this.#engines.get(key);
    if (known !== undefined) return known;
    for (const engine of this.#engines.values()) {
      if (engine.name === spec.name) engine.retire();
    }
    return this.#start(key, spec);
  }

  /** Lists models with their weights in memory. */
  async loaded(signal: AbortSignal): Promise<readonly LoadedModel[]> {
    const found = await Promise.all([...this.#living].map((engine) => engine.loaded(signal)));
    return found.filter((model) => model !== undefined);
  }

  /** Ends the engines of a model; running requests fail. */
  async unload(name: string): Promise<void> {
    await this.#close([...this.#living].filter((engine) => engine.name === name));
  }

  async close(): Promise<void> {
    await this.#close([...this.#living]);
  }

  #start(key: string, spec: LocalSpec): ManagedEngine {
    const engine: ManagedEngine = new ManagedEngine({
      name: spec.name,
      kind: this.#options.engineKind?.(spec),
      keepAlive: spec.keepAliveMs ?? this.#options.keepAlive,
      retired: () => this.#engines.delete(key),
      ended: () => {
        this.#living.delete(engine);
        lease.settle(false);
      },
      changed: () => this.#budget.advance(),
    });
    const lease = this.#budget.leaseOf(engine);
    this.#engines.set(key, engine);
    this.#living.add(engine);
    engine.open(this.#options.open(spec, lease));
    return engine;
  }

  async #close(engines: readonly ManagedEngine[]): Promise<void> {
    await Promise.all(engines.map((engine) => engine.close()));
  }
}
