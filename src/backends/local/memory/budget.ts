import { freemem, totalmem } from 'node:os';
import { RuntimeFailure } from '../../../core/failure.ts';
import { formatSize } from '../../../units/size.ts';
import type { EngineLog } from '../engine-settings.ts';
import type { MemoryLease } from './lease.ts';
import { bytesWithSlots, planEviction } from './eviction.ts';
import type { Holding, LoadNeeds } from './eviction.ts';
import { slotsFor } from './slot-count.ts';

/** Main memory for models. */
export interface MainMemory {
  /** Returns the free bytes. */
  free(): number;
  readonly total: number;
}

/** Memory of this machine, or of its container. */
export const MACHINE: MainMemory = {
  // Both include file cache that the system can free; the first one respects the limits of containers.
  free: () => Math.min(process.availableMemory(), freemem()),
  total: Math.min(process.constrainedMemory() || Number.MAX_SAFE_INTEGER, totalmem()),
};

/** Engine that needs memory. */
export interface BudgetMember extends Omit<Holding, 'bytes'> {
  readonly name: string;
  /** Ends it after its present requests. */
  retire(): void;
}

export interface MemoryBudgetOptions {
  readonly memory: MainMemory;
  /** Memory of all models together in bytes; undefined means all of the machine's. */
  readonly limitBytes: number | undefined;
  readonly log: EngineLog;
}

/** Time that one load delays others. Loads one by one end sooner than beside each other, unless one hangs. */
const ALONE_MS = 10_000;

interface Ticket {
  readonly member: BudgetMember;
  readonly needs: LoadNeeds;
  /** Bytes of its device that are free or leased. */
  readonly capacity: number;
  readonly grant: (slots: number) => void;
  readonly refuse: (reason: RuntimeFailure) => void;
}

interface Held {
  readonly member: BudgetMember;
  readonly place: LoadNeeds['place'];
  readonly bytes: number;
}

/** Memory budget of all models, with the queue of waiting engines and the engines that have memory. */
export class MemoryBudget {
  readonly #options: MemoryBudgetOptions;
  readonly #tickets: Ticket[] = [];
  readonly #held = new Map<BudgetMember, Held>();
  /** Engine whose load delays others. */
  #loading: BudgetMember | undefined;
  #alone: NodeJS.Timeout | undefined;
  /** Engines that load for so long that others may load beside them. */
  readonly #slow = new Set<BudgetMember>();

  constructor(options: MemoryBudgetOptions) {
    this.#options = options;
  }

  /** Creates the lease of one engine. */
  leaseOf(member: BudgetMember): MemoryLease {
    return {
      acquire: (needs) =>
        new Promise((grant, refuse) => {
          const capacity = this.#capacity(needs);
          this.#tickets.push({ member, needs, capacity, grant, refuse });
          this.advance();
        }),
      settle: (loaded) => this.#settle(member, loaded),
    };
  }

  /** Grants memory to waiting engines after a change. */
  advance(): void {
    if (this.#loading !== undefined) return;
    // An engine whose requests were all cancelled keeps its place, but no other engine is ended for it.
    const ticket = this.#tickets.find(({ member, needs }) => member.busy && this.#mayLoad(needs));
    if (ticket === undefined) return;
    const { member, needs } = ticket;
    const tooLarge = this.#refusal(member.name, needs);
    if (tooLarge !== undefined) {
      this.#remove(ticket);
      ticket.refuse(tooLarge);
      this.advance();
      return;
    }
    const held = this.#heldAt(needs.place);
    const free = this.#free(ticket, held);
    const bytes = bytesWithSlots(needs, needs.parallel ?? 1);
    const plan = planEviction(bytes, free, held.map(asHolding));
    switch (plan.action) {
      case 'wait':
        return;
      case 'end':
        for (const { of } of plan.holdings) this.#makeWay(of, member);
        return;
      case 'load':
        if (!plan.fits) this.#warn(member, bytes, free);
        this.#load(ticket, free);
        return;
      default:
        plan satisfies never;
    }
  }

  #load(ticket: Ticket, free: number): void {
    const { member, needs } = ticket;
    const slots = needs.parallel ?? slotsFor({ ...needs, free });
    this.#remove(ticket);
    this.#loading = member;
    clearTimeout(this.#alone);
    this.#alone = setTimeout(() => this.#passOver(member), ALONE_MS).unref();
    this.#held.set(member, { member, place: needs.place, bytes: bytesWithSlots(needs, slots) });
    ticket.grant(slots);
  }

  #settle(member: BudgetMember, loaded: boolean): void {
    if (this.#loading === member) this.#loading = undefined;
    this.#slow.delete(member);
    if (!loaded) {
      this.#held.delete(member);
      for (const ticket of this.#tickets.filter((one) => one.member === member)) {
        this.#remove(ticket);
      }
    }
    this.advance();
  }

  /** Lets other engines load beside one that is still loading. */
  #passOver(member: BudgetMember): void {
    if (this.#loading !== member) return;
    this.#loading = undefined;
    this.#slow.add(member);
    this.advance();
  }

  /** Returns false for a GPU on which another engine loads: its free memory is unknown until then. */
  #mayLoad({ place }: LoadNeeds): boolean {
    return place === 'CPU' || !this.#heldAt(place).some(({ member }) => this.#slow.has(member));
  }

  #remove(ticket: Ticket): void {
    this.#tickets.splice(this.#tickets.indexOf(ticket), 1);
  }

  #heldAt(wanted: LoadNeeds['place']): readonly Held[] {
    return [...this.#held.values()].filter(({ place }) => place === wanted);
  }

  /** Free or leased bytes of a device. The engine itself measures the memory of a GPU at its request. */
  #capacity({ place, free }: LoadNeeds): number {
    return place === 'GPU' ? free + bytesIn(this.#heldAt(place)) : this.#options.memory.total;
  }

  /** Free bytes. Mapped files count as free for the system, so the leases are subtracted as well. */
  #free({ needs, capacity }: Ticket, held: readonly Held[]): number {
    const { memory, limitBytes = capacity } = this.#options;
    const left = Math.min(capacity, limitBytes) - bytesIn(held);
    if (needs.place === 'GPU') return left;
    // The system does not count what an engine that loads has yet to take.
    const loading = bytesIn(held.filter(({ member }) => this.#slow.has(member)));
    return Math.min(left, memory.free() - loading);
  }

  /**
   * Refuses a model that can't fit at all. Estimates can be wrong, but not by so much, and a load would exhaust
   * the machine.
   */
  #refusal(name: string, { place, weights, context }: LoadNeeds): RuntimeFailure | undefined {
    const { total } = this.#options.memory;
    if (place === 'GPU' || Math.max(weights, context) <= total) return undefined;
    const reason =
      weights > total
        ? `its weights are ${formatSize(weights)}`
        : `its context would take about ${formatSize(context)}`;
    const remedy =
      weights > total
        ? 'Choose a smaller quantization, or a smaller model.'
        : 'Set a smaller one (`context:` in models.yaml, or --context).';
    return new RuntimeFailure(
      'model-load-failed',
      `${name} is too large for this machine: ${reason}, and the memory is ${formatSize(total)}. ${remedy}`,
    );
  }

  #makeWay({ member }: Held, wanted: BudgetMember): void {
    const when = member.busy ? 'after its present requests' : 'now';
    this.#options.log(`${member.name} is unloaded for ${wanted.name} ${when}`, 'info');
    member.retire();
  }

  #warn({ name }: BudgetMember, bytes: number, free: number): void {
    this.#options.log(
      `${name} needs about ${formatSize(bytes)}, and ${formatSize(Math.max(free, 0))} are free: it is ` +
        'loaded nevertheless, and may be slow; a smaller context or model helps',
    );
  }
}

function bytesIn(held: readonly Held[]): number {
  return held.reduce((sum, { bytes }) => sum + bytes, 0);
}

function asHolding(held: Held): Holding & { readonly of: Held } {
  const { busy, ending, lastUsed } = held.member;
  return { busy, ending, lastUsed, bytes: held.bytes, of: held };
}
