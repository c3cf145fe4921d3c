import type { Statements } from './database.ts';
import { fileUsage, removeOlder } from './file-rows.ts';
import type { OpenStore } from './store.ts';

/** Stored things of one kind. */
export interface StoredUsage {
  readonly count: number;
  /** Bytes of their contents. Equal contents count each time, though they are stored once. */
  readonly bytes: number;
  /** Time of the oldest one; undefined if there is none. */
  readonly oldest: Date | undefined;
}

/** Kind of stored things, for listing and cleaning. */
export interface StoreKind {
  /** StoredUsage by what was stored before a time. */
  readonly usage: (statements: Statements, before: number) => Promise<StoredUsage>;
  /** Removes what was stored before a time, and returns the number. */
  readonly removeOlder: (store: OpenStore, before: number, now: number) => Promise<number>;
}

/** Kinds by name. */
export const STORE_KINDS: Readonly<Record<string, StoreKind>> = {
  files: { usage: fileUsage, removeOlder },
};
