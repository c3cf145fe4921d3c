import type { CallIds } from './call-ids.ts';

/** What a chat template was found to take; see `probeTemplate`. */
export interface TemplateTraits {
  /** A system message at the beginning is rendered there. */
  readonly system: boolean;
  /** A system message is rendered wherever it stands. */
  readonly systemAnywhere: boolean;
  /** What asking for thinking changes: nothing, the prompt, or it is always asked for. */
  readonly thinking: 'none' | 'switchable' | 'always';
  /** That nothing is to be thought must be shown by empty tags: the template itself has no switch. */
  readonly emptyThinking: boolean;
  /** The levels that it takes as `reasoning_effort`, the lowest first. */
  readonly efforts: readonly string[];
  /** Where it wants the thinking of an answer: in a field of this name, in blocks, or nowhere. */
  readonly reasoning: ReasoningPlace | undefined;
  /** It tells the model of tools. */
  readonly tools: boolean;
  /** How it wants the schemas of tools: as they are, spelled out, in basic types, or as JSON. */
  readonly parameters: 'object' | 'spelled' | 'basic' | 'text';
  /** How it wants calls and their results; undefined where it loses them, and they are written as text. */
  readonly calls: CallTraits | undefined;
}

export type ReasoningPlace = 'reasoning_content' | 'reasoning' | 'thinking' | 'blocks';

export interface CallTraits {
  /** Arguments as an object or as JSON; or whole calls are written into the content. */
  readonly arguments: 'object' | 'text' | 'written';
  readonly ids: CallIds;
  /** The content of a message that has none beside its calls. */
  readonly noContent: '' | null;
  /** A message may have several calls. */
  readonly parallel: boolean;
  /**
   * Where text before calls goes: beside them, into a message before them, into their thinking, or into
   * the rendered prompt ahead of them.
   */
  readonly text: 'beside' | 'before' | 'thought' | 'ahead';
  /** What the template writes between the place of such text and the name of the first call. */
  readonly lead: string;
  /**
   * What the user says right behind results: a message like any other, one that is marked so that it is
   * not counted as a turn, or text at the end of the last result.
   */
  readonly afterResults: 'user' | 'marked' | 'appended';
}
