import type { LoadedModel } from '../../../core/backend.ts';
import type { KeepAlive } from '../../../units/keep-alive.ts';
import type { LocalSpec } from '../spec.ts';
import type { Engine } from '../engine.ts';
import type { MemoryLease } from '../memory/lease.ts';
import type { MemoryBudget } from '../memory/budget.ts';
import { ManagedEngine } from './managed-engine.ts';

export interface EnginePoolOptions {
  /** Shared by all pools whose models lie in the same memory. */
  readonly budget: MemoryBudget;
  /** For models that don't say. */
  readonly keepAlive: KeepAlive;
  readonly open: (spec: LocalSpec, lease: MemoryLease) => Promise<Engine>;
  /** Kind of a model's engine; undefined if it has one kind only. */
  readonly engineKind?: (spec: LocalSpec) => LoadedModel['engine'];
}

/** The engines of a server: one for each model, as long as it is used and there is memory for it. */
export class EnginePool {
  readonly #options: EnginePoolOptions;
  readonly #budget: MemoryBudget;
  /** By model and settings: those that take requests. */
  readonly #engines = new Map<string, ManagedEngine>();
  /** With those that only end what they have begun. */
  readonly #living = new Set<ManagedEngine>();

  constructor(options: EnginePoolOptions) {
    this.#options = options;
    this.#budget = options.budget;
  }

  /** The engine of a model. An entry that was edited gets a new one in place of the old. */
  engineFor(spec: LocalSpec): ManagedEngine {
    const key = JSON.stringify(spec);
    const known = this.#engines.get(key);
    if (known !== undefined) return known;
    for (const engine of this.#engines.values()) {
      if (engine.name === spec.name) engine.retire();
    }
    return this.#start(key, spec);
  }

  /** Those with their weights in memory. */
  async loaded(signal: AbortSignal): Promise<readonly LoadedModel[]> {
    const found = await Promise.all([...this.#living].map((engine) => engine.loaded(signal)));
    return found.filter((model) => model !== undefined);
  }

  /** Ends the engines of a model; requests under way fail. */
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
      keepAlive: spec.keepAliveMilliseconds ?? this.#options.keepAlive,
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
