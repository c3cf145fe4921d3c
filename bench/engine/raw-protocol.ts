import type { Timeline } from './timeline.ts';

/** What llama.cpp is loaded with. */
export interface RawSettings {
  readonly file: string;
  readonly contextSize: number;
  readonly sequences: number;
  readonly threads: number;
}

/** A prompt that a sequence is given: what it keeps of its tokens, and how many new ones follow. */
export interface RawPrompt {
  readonly sequence: number;
  readonly keep: number;
  readonly fresh: number;
  /** Tokens to generate. */
  readonly generate: number;
}

/** What the process with raw llama.cpp is told. It answers one after the other. */
export type RawCommand =
  | { readonly type: 'open'; readonly settings: RawSettings }
  /** All at the same time. */
  | { readonly type: 'answer'; readonly prompts: readonly RawPrompt[] }
  /** From now on it also answers prompts by HTTP. */
  | { readonly type: 'serve' };

/** What it answers; a timeline for each prompt, from 0 where all of them began. */
export type RawReply =
  | { readonly type: 'opened' }
  | { readonly type: 'serving'; readonly url: string }
  | { readonly type: 'answered'; readonly timelines: readonly Timeline[] }
  | { readonly type: 'failed'; readonly message: string };
