import type { CallIds } from './call-ids.ts';
import type { UnionType } from './spelled-schema.ts';

/** Features that a chat template supports; see `probeTemplate`. */
export interface TemplateTraits {
  /** A system message at the beginning is rendered there. */
  readonly system: boolean;
  /** A system message is rendered at any place in the conversation. */
  readonly systemAnywhere: boolean;
  /** Effect of enabling thinking: none, a different prompt, or none because thinking is always on. */
  readonly thinking: 'none' | 'switchable' | 'always';
  /** Empty thinking tags have to disable thinking, since the template has no switch for it. */
  readonly emptyThinking: boolean;
  /** Accepted levels of `reasoning_effort`, the lowest first. */
  readonly efforts: readonly string[];
  /** Place for the thinking of an answer: a field of this name, blocks, or none. */
  readonly reasoning: ReasoningPlace | undefined;
  /** Tools are rendered. */
  readonly tools: boolean;
  /** Form of tool schemas: original, spelled out with a type for unions, basic types only, or JSON text. */
  readonly parameters: 'object' | UnionType | 'basic' | 'text';
  /** Form of calls and results; undefined if the template drops them, so that they are written as text. */
  readonly calls: CallTraits | undefined;
}

export type ReasoningPlace = 'reasoning_content' | 'reasoning' | 'thinking' | 'blocks';

export interface CallTraits {
  /**
   * Arguments as an object, as one whose objects, lists and null are JSON text, or as JSON text; or complete calls
   * written into the content.
   */
  readonly arguments: 'object' | 'spelled' | 'text' | 'written';
  readonly ids: CallIds;
  /** Content of a message that consists of calls only. */
  readonly noContent: '' | null;
  /** A message can contain several calls. */
  readonly parallel: boolean;
  /**
   * Form of results: messages after all calls, or after each call, for templates that name results after the last
   * call, or text of the user, for templates that refuse such messages.
   */
  readonly results: 'together' | 'interleaved' | 'written';
  /**
   * Place for text before calls: the content of the same message, a message of its own before it, its
   * thinking, or the rendered prompt ahead of the calls.
   */
  readonly text: 'beside' | 'before' | 'thought' | 'ahead';
  /** Text that the template writes between an `ahead` text and the name of the first call. */
  readonly lead: string;
  /**
   * Form of a user message right after results: an ordinary message, one with placeholder calls so that the
   * template does not count it as a turn, or text appended to the last result.
   */
  readonly afterResults: 'user' | 'marked' | 'appended';
}
