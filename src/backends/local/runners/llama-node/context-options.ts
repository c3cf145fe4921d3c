import type { Sampling } from '../../../../core/model.ts';
import type { LocalSpec } from '../../spec.ts';
import type { EngineSettings } from '../../engine-settings.ts';

/** Prompt in the form of the addon: text with a marker for each picture, and the pictures as data URLs. */
export interface AddonPrompt {
  readonly text: string;
  readonly pictures: readonly string[];
  /** Length of the text, in characters. */
  readonly length: number;
}

export function addonPrompt(text: string, pictures: readonly string[] = []): AddonPrompt {
  return { text, pictures, length: text.length };
}

export interface CompletionOptions {
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** Checked grammar in GBNF. The addon ends the process if it can't parse one. */
  readonly grammar?: string;
  /** Single tokens that activate the grammar; absent: it applies from the first token on. */
  readonly triggers?: readonly string[];
  /** Texts of tokens that end the model's turn. */
  readonly ends: readonly string[];
  /** Files of the state to reuse, and of the one to save. */
  readonly load?: string;
  readonly save?: string;
}

/** End of a completion. */
export interface CompletionEnd {
  readonly reason: 'turn' | 'limit';
  readonly tokens: number;
  /** Reused tokens of the prompt. */
  readonly cachedTokens: number;
}

/** Model with vision: its file and its projector. */
export type VisionSpec = LocalSpec & { readonly file: string; readonly mmproj: string };

export interface ContextOptions {
  readonly spec: VisionSpec;
  /** Settings of the server, which override those of the model's entry. */
  readonly settings: EngineSettings;
  /** Size of the context in tokens. */
  readonly contextSize: number;
  readonly threads: number;
  /** Receives the loaded share, from 0 to 1. */
  onProgress(share: number): void;
}
