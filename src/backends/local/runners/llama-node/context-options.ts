import type { Sampling } from '../../../../core/model.ts';
import type { LocalSpec } from '../../spec.ts';
import type { EngineSettings } from '../../engine-settings.ts';

/** A prompt as the addon takes it: a marker in the text for each picture, as data URLs. */
export interface AddonPrompt {
  readonly text: string;
  readonly pictures: readonly string[];
  /** Of the text, in characters. */
  readonly length: number;
}

export function addonPrompt(text: string, pictures: readonly string[] = []): AddonPrompt {
  return { text, pictures, length: text.length };
}

export interface CompletionOptions {
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** GBNF that was checked: the addon ends the process over one that it can't parse. */
  readonly grammar?: string;
  /** The single tokens at which the grammar begins to hold; absent: from the first token on. */
  readonly triggers?: readonly string[];
  /** Texts of tokens that end the model's turn. */
  readonly ends: readonly string[];
  /** Files of the state that the prompt may share, and of the one to keep. */
  readonly load?: string;
  readonly save?: string;
}

/** What a completion came to. */
export interface CompletionEnd {
  readonly reason: 'turn' | 'limit';
  readonly tokens: number;
  /** Tokens of the prompt whose state was there already. */
  readonly cachedTokens: number;
}

/** A model that sees: its file and its projector. */
export type VisionSpec = LocalSpec & { readonly file: string; readonly mmproj: string };

export interface ContextOptions {
  readonly spec: VisionSpec;
  /** Of the server; they stand over those of the model's entry. */
  readonly settings: EngineSettings;
  /** In tokens. */
  readonly contextSize: number;
  readonly threads: number;
  /** Told the share that is loaded, from 0 to 1. */
  onProgress(share: number): void;
}
