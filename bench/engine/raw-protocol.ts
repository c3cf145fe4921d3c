import type { Timeline } from './timeline.ts';

/** Settings to load llama.cpp with. */
export interface RawSettings {
  readonly file: string;
  readonly contextSize: number;
  readonly sequences: number;
  readonly threads: number;
}

/** Prompt for a sequence: the number of its tokens to keep, and of new ones. */
export interface RawPrompt {
  readonly sequence: number;
  readonly keep: number;
  readonly fresh: number;
  /** Tokens to generate. */
  readonly generate: number;
}

/** Command to the process with raw llama.cpp, which runs one at a time. */
export type RawCommand =
  | { readonly type: 'open'; readonly settings: RawSettings }
  /** Answers all prompts concurrently. */
  | { readonly type: 'answer'; readonly prompts: readonly RawPrompt[] }
  /** Starts to answer prompts over HTTP too. */
  | { readonly type: 'serve' };

/** Reply of that process. Timelines count from the common start of all prompts. */
export type RawReply =
  | { readonly type: 'opened' }
  | { readonly type: 'serving'; readonly url: string }
  | { readonly type: 'answered'; readonly timelines: readonly Timeline[] }
  | { readonly type: 'failed'; readonly message: string };
