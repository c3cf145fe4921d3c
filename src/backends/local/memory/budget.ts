import { freemem, totalmem } from 'node:os';
import { RuntimeFailure } from '../../../core/failure.ts';
import { formatSize } from '../../../units/size.ts';
import type { EngineLog } from '../engine-settings.ts';
import type { MemoryLease } from './lease.ts';
import { bytesWithSlots, planEviction } from './eviction.ts';
import type { Holding, LoadNeeds } from './eviction.ts';
import { slotsFor } from './slot-count.ts';

/** The main memory that models may take. */
export interface MainMemory {
  /** Bytes that are free now. */
  free(): number;
  readonly total: number;
}

/** This machine's memory, or its container's. */
export const MACHINE: MainMemory = {
  // Both count what the system can take back from its file cache; the first knows containers.
  free: () => Math.min(process.availableMemory(), freemem()),
  total: Math.min(process.constrainedMemory() || Number.MAX_SAFE_INTEGER, totalmem()),
};

/** Engine that needs memory. */
export interface BudgetMember extends Omit<Holding, 'bytes'> {
  readonly name: string;
  /** Ends it once it has answered. */
  retire(): void;
}

export interface MemoryBudgetOptions {
  readonly memory: MainMemory;
  /** Bytes that all models together may take; undefined means all that there are. */
  readonly limitBytes: number | undefined;
  readonly log: EngineLog;
}

interface Ticket {
  readonly member: BudgetMember;
  readonly needs: LoadNeeds;
  /** Bytes of its place that are free or given away. */
  readonly capacity: number;
  readonly grant: (slots: number) => void;
  readonly refuse: (reason: RuntimeFailure) => void;
}

interface Held {
  readonly member: BudgetMember;
  readonly place: LoadNeeds['place'];
  readonly bytes: number;
}

/** Memory of all models: engines that wait for it, in their order, and those that have it. */
export class MemoryBudget {
  readonly #options: MemoryBudgetOptions;
  readonly #tickets: Ticket[] = [];
  readonly #held = new Map<BudgetMember, Held>();
  #loading: BudgetMember | undefined;

  constructor(options: MemoryBudgetOptions) {
    this.#options = options;
  }

  /** The lease of one engine. */
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

  /** Lets in whoever can be, since something has changed. */
  advance(): void {
    if (this.#loading !== undefined) return;
    // One whose requests have all been given up keeps its place, but no engine is ended for it.
    const ticket = this.#tickets.find(({ member }) => member.busy);
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
    this.#held.set(member, { member, place: needs.place, bytes: bytesWithSlots(needs, slots) });
    ticket.grant(slots);
  }

  #settle(member: BudgetMember, loaded: boolean): void {
    if (this.#loading === member) this.#loading = undefined;
    if (!loaded) {
      this.#held.delete(member);
      for (const ticket of this.#tickets.filter((one) => one.member === member)) {
        this.#remove(ticket);
      }
    }
    this.advance();
  }

  #remove(ticket: Ticket): void {
    this.#tickets.splice(this.#tickets.indexOf(ticket), 1);
  }

  #heldAt(wanted: LoadNeeds['place']): readonly Held[] {
    return [...this.#held.values()].filter(({ place }) => place === wanted);
  }

  /** A GPU's memory is measured by the engine that asks, when it asks. */
  #capacity({ place, free }: LoadNeeds): number {
    return place === 'GPU' ? free + bytesIn(this.#heldAt(place)) : this.#options.memory.total;
  }

  /** What is mapped from a file still counts as free memory, so what was given away is counted too. */
  #free({ needs, capacity }: Ticket, held: readonly Held[]): number {
    const { memory, limitBytes = capacity } = this.#options;
    const left = Math.min(capacity, limitBytes) - bytesIn(held);
    return needs.place === 'GPU' ? left : Math.min(left, memory.free());
  }

  /** Estimates err, but not that much: what can't be held at all would take the machine down. */
  #refusal(name: string, { place, weights, context }: LoadNeeds): RuntimeFailure | undefined {
    const { total } = this.#options.memory;
    if (place === 'GPU' || Math.max(weights, context) <= total) return undefined;
    const reason =
      weights > total
        ? `its weights are ${formatSize(weights)}`
        : `its context would take about ${formatSize(context)}`;
    const remedy =
      weights > total
        ? 'Take a smaller quantization, or a smaller model.'
        : 'Set a smaller one (`context:` in models.yaml, or --context).';
    return new RuntimeFailure(
      'model-load-failed',
      `${name} is too large for this machine: ${reason}, and the memory is ${formatSize(total)}. ${remedy}`,
    );
  }

  #makeWay({ member }: Held, wanted: BudgetMember): void {
    const when = member.busy ? 'once it has answered' : 'now';
    this.#options.log(`${member.name} makes way for ${wanted.name} ${when}`, 'info');
    member.retire();
  }

  #warn({ name }: BudgetMember, bytes: number, free: number): void {
    this.#options.log(
      `${name} needs about ${formatSize(bytes)} and ${formatSize(Math.max(free, 0))} are free: it is ` +
        'loaded all the same, and may be slow; a smaller context or model helps',
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
