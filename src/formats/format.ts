import type { JsonObject } from '../core/json.ts';
import type { GrammarRules } from '../grammar/gbnf.ts';
import type { Reading, Source } from './shared/reader.ts';

/** The tags that a family puts around its thinking. */
export interface ThinkingTags {
  readonly open: string;
  readonly close: string;
  /**
   * Meaning of tags in the text after the thinking: further blocks, with a tag that has no counterpart as text
   * (`blocks`) or left out (`dropped`). Absent if they are text.
   */
  readonly later?: 'blocks' | 'dropped';
  /** Calls may stand inside of the thinking, and end it. */
  readonly endsAtCalls?: boolean;
}

/** The tags that a family puts around the text of its answers. */
export interface AnswerTags {
  /** Empty where only a closing one is written. */
  readonly open: string;
  readonly close: string;
  /** Every answer has them: text that a prompt begins needs the opening one before it. */
  readonly always: boolean;
}

/** A tool that may be called. */
export interface CallableTool {
  readonly name: string;
  readonly inputSchema: JsonObject;
}

/** How a family writes tool calls into its text. */
export interface ToolSyntax {
  /**
   * The texts that begin calls anywhere in the output, outside of thinking. The first is appended to the
   * prompt where a call is demanded.
   */
  readonly triggers: readonly string[];
  /**
   * Further ones that count at the beginning of the output only, such as a bare `{"name": "search"`. The
   * grammar of calls holds behind them, so they name a tool where other text could begin alike.
   */
  triggersAtStart?(tools: readonly CallableTool[]): readonly string[];
  /** What is appended to the prompt where a call is demanded, where that is not the first trigger. */
  readonly forced?: string;
  /**
   * Reads what follows a trigger: one call, or several where they stand in one list. It may give
   * `call-start` once it is certain of a tool's name, and from then on what it reads belongs to that
   * call. Gives false, with nothing given before, where the text turns out to be no call: the trigger
   * is text then.
   *
   * @param trigger the one that was met
   */
  read(source: Source, tools: readonly CallableTool[], trigger: string): Reading<boolean>;
  /**
   * A GBNF expression for what follows a trigger, up to the end of the call or of the list of calls, with
   * arguments that are valid against their schemas. White space that tokenizers glue to a trigger is
   * optional in it.
   */
  grammar(tools: readonly CallableTool[], rules: GrammarRules, options: GrammarOptions): string;
  /**
   * Writes calls as the model itself does, trigger included: for templates that render tools and results
   * and leave it to others to write the calls of the past.
   */
  write?(calls: readonly WrittenCall[]): string;
}

/** A call as a part of the conversation. */
export interface WrittenCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface GrammarOptions {
  /** The trigger that was met. */
  readonly trigger: string;
  /** A list may hold several calls. */
  readonly parallel: boolean;
}

/** One family of chat templates: how it is recognised, and what its model's output looks like. */
export interface ChatFormat {
  readonly name: string;
  /** Whether a chat template (Jinja source) is one of this family. */
  recognises(template: string): boolean;
  readonly thinking?: ThinkingTags;
  /** It thinks whatever the prompt says; only its effort can be told. */
  readonly alwaysThinks?: boolean;
  readonly answer?: AnswerTags;
  readonly tools?: ToolSyntax;
  /** What ends the thinking when its budget is spent, where that is more than the closing tag. */
  readonly thinkingEnd?: string;
  /** What the template takes as `reasoning_effort`, the lowest first; absent where it takes none. */
  readonly efforts?: readonly string[];
  /**
   * Reads a whole output, for families that do not write text with tags in it; absent for all others.
   */
  readOutput?(source: Source, context: OutputContext): Reading;
}

/** What a family's own reader of whole outputs needs. */
export interface OutputContext {
  readonly tools: readonly CallableTool[];
  /** The prompt itself ended in the opening tag of thinking. */
  readonly thinkingOpen: boolean;
  /** The output goes on with text that the prompt began. */
  readonly continuesText: boolean;
  /** The trigger that was appended to the prompt, where a call is demanded. */
  readonly forced: string | undefined;
  /** To be kept true while the model thinks, and while it writes calls. */
  readonly state: OutputState;
}

export interface OutputState {
  thinking: boolean;
  /** The trigger whose calls are being written; undefined outside of calls. */
  calling: string | undefined;
}
