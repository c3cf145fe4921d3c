import type { Token } from 'node-llama-cpp';
import { commonLength } from '../../../../prompt/prompt-prefix.ts';
import { readRecords, readTokens } from '../../states/record.ts';
import type { StateRecord } from '../../states/record.ts';
import type { Transcripts } from '../../transcripts.ts';

/** The state of a slot that was given up, in a file. */
export interface SavedState {
  readonly tokens: readonly Token[];
  readonly bytes: number;
  /** Path of its files without an ending. */
  readonly stem: string;
  readonly record: Omit<StateRecord, 'version'>;
  /** This process has written it, so that its file needs no check. */
  readonly isOwn: boolean;
}

/** States of one model that are remembered from earlier processes. */
const MOST_STATES = 256;
/** Tokens that an answer may have behind the last one that was evaluated. */
const MOST_PENDING = 8;

/** States that earlier processes have saved. Gives the transcripts of their conversations back. */
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

/** Conversations whose answers end in a state, and all tokens that were written of the longest. */
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

/** True if a state goes on from another one. */
export function isPrefix(tokens: readonly Token[], of: readonly Token[]): boolean {
  return tokens.length <= of.length && commonLength(tokens, of) === tokens.length;
}

/** True for all: the ids were tokens of the same model when they were written. */
function isToken(id: number): id is Token {
  return Number.isInteger(id);
}
