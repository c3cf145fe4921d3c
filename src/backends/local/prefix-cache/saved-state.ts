import type { Token } from 'node-llama-cpp';
import type { CachedPrompts, SessionKey } from '../../../core/backend.ts';
import { commonLength } from '../../../prompt/prompt-prefix.ts';
import { readRecords, readTokens } from '../states/record.ts';
import type { StateRecord } from '../states/record.ts';
import type { Transcripts } from '../transcripts.ts';
import type { CachedSlot } from './cached-slot.ts';
import { sharedLength } from './prefix-source.ts';

/** State of an earlier slot, in a file. */
export interface SavedState {
  readonly tokens: readonly Token[];
  readonly bytes: number;
  /** Path of its files without an ending. */
  readonly stem: string;
  readonly record: Omit<StateRecord, 'version'>;
  /** True if this process has written it, so that its file needs no check. */
  readonly isOwn: boolean;
}

/** Limit of one model's states from earlier processes. */
const MOST_STATES = 256;
/** Limit of an answer's tokens after the last evaluated one. */
const MOST_PENDING = 8;

/** Reads the states of earlier processes, and restores the transcripts of their conversations. */
export async function readSaved(
  folder: string,
  transcripts: Transcripts<readonly Token[]>,
): Promise<readonly SavedState[]> {
  const saved: SavedState[] = [];
  for (const { record, stem } of (await readRecords(folder)).slice(-MOST_STATES)) {
    const ids: readonly number[] = await readTokens(stem).catch(() => []);
    if (ids.length < record.tokens) continue;
    const tokens: readonly Token[] = ids.filter(isToken);
    for (const [key, length] of record.transcripts) {
      transcripts.restore(key, tokens.slice(0, length));
    }
    const { bytes } = record;
    saved.push({ tokens: tokens.slice(0, record.tokens), bytes, stem, record, isOwn: false });
  }
  return saved;
}

/** Finds the conversations whose answers end in a state, and all tokens of the longest one. */
export function transcriptsIn(
  transcripts: Transcripts<readonly Token[]>,
  tokens: readonly Token[],
): { readonly keys: [string, number][]; readonly written: readonly Token[] } {
  const keys: [string, number][] = [];
  let longest = tokens;
  for (const [key, written] of transcripts.entries()) {
    if (written.length > tokens.length + MOST_PENDING) continue;
    if (commonLength(written, longest) < Math.min(written.length, longest.length)) continue;
    if (written.length > longest.length) longest = written;
    keys.push([key, written.length]);
  }
  return { keys, written: longest };
}

/** Users of a slot's state, and of the states that it replaces. */
export function usersOf(
  { session, isHeld }: Pick<CachedSlot, 'session' | 'isHeld'>,
  replaced: readonly SavedState[],
): Pick<StateRecord, 'sessions' | 'clients' | 'isHeld'> {
  const records = replaced.map(({ record }) => record);
  const sessions = [sessionName(session), ...records.flatMap((record) => record.sessions)];
  const clients = [session.client ?? '', ...records.flatMap((record) => record.clients ?? [])];
  return {
    sessions: distinct(sessions),
    clients: distinct(clients),
    isHeld: isHeld || records.some((record) => record.isHeld),
  };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => name !== ''))];
}

/** Name of a session; empty if it is not known. */
export function sessionName({ session, agent, user }: SessionKey): string {
  return [session ?? user, agent].filter((part) => part !== undefined).join('/');
}

/**
 * Returns the length of a prompt's prefix that a state saves.
 *
 * @param isPartial true if the state can't be cut, so that only a prompt that continues it can use it
 */
export function reusableLength(
  { tokens }: Pick<SavedState, 'tokens'>,
  prompt: readonly Token[],
  isPartial: boolean,
): number {
  const shared = sharedLength(tokens, prompt);
  return isPartial && shared < tokens.length ? 0 : shared;
}

/** Returns true if tokens are a prefix of others. */
export function isPrefix(tokens: readonly Token[], of: readonly Token[]): boolean {
  return tokens.length <= of.length && commonLength(tokens, of) === tokens.length;
}

/** Narrows an id to a token. The ids were tokens of the same model when they were written. */
function isToken(id: number): id is Token {
  return Number.isInteger(id);
}

/** Number and size of states. */
export function cacheSize(saved: readonly SavedState[]): CachedPrompts {
  return { count: saved.length, bytes: saved.reduce((sum, { bytes }) => sum + bytes, 0) };
}
