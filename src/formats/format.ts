import type { JsonObject } from '../core/json.ts';
import type { GrammarRules } from '../grammar/gbnf.ts';
import type { Reading, Source } from './shared/reader.ts';

/** Tags of a family around its thinking. */
export interface ThinkingTags {
  readonly open: string;
  readonly close: string;
  /**
   * Meaning of tags in the text after the thinking: further blocks, with a tag that has no counterpart as text
   * (`blocks`) or left out (`dropped`). Absent if they are text.
   */
  readonly later?: 'blocks' | 'dropped';
  /** Models of the family write calls inside the thinking, so that the grammar of calls is active there too. */
  readonly holdsCalls?: boolean;
}

/** Tags of a family around the text of its answers. */
export interface AnswerTags {
  /** Opening tag; empty if there is only a closing one. */
  readonly open: string;
  readonly close: string;
  /** Every answer has the tags, so that a prefill needs the opening tag before it. */
  readonly always: boolean;
}

/** Tool that the model may call. */
export interface CallableTool {
  readonly name: string;
  readonly inputSchema: JsonObject;
}

/** Syntax of tool calls in a family's text. */
export interface ToolSyntax {
  /**
   * Texts that begin calls anywhere in the output, outside of thinking. The first one is appended to the
   * prompt to force a call.
   */
  readonly triggers: readonly string[];
  /**
   * Additional triggers at the start of the output only, such as a bare `{"name": "search"`. They activate the
   * grammar of calls, so they contain a tool's name if other text could begin in the same way.
   */
  triggersAtStart?(tools: readonly CallableTool[]): readonly string[];
  /** Texts that begin calls in thinking that is never closed, if they are others than the triggers. */
  readonly triggersInThinking?: readonly string[];
  /** Text to append to the prompt to force a call, if it is not the first trigger. */
  readonly forced?: string;
  /** Marks that close calls. A second one after a call is left out. */
  readonly closings?: readonly string[];
  /** Tag that begins the results of calls in the same turn. Right after calls it ends the answer: its model invents results. */
  readonly resultOpen?: string;
  /**
   * Reads the text after a trigger: one call, or several in one list. It yields `call-start` after a complete
   * tool name; everything it reads from then on belongs to that call. If the text is not a call, it returns
   * false without yielding a piece, and the trigger is text.
   *
   * @param trigger found trigger
   */
  read(source: Source, tools: readonly CallableTool[], trigger: string): Reading<boolean>;
  /**
   * Returns a GBNF expression for the text after a trigger, up to the end of the call or of the list of calls.
   * Arguments are valid against their schemas. White space that a token may join to a trigger is optional.
   */
  grammar(tools: readonly CallableTool[], rules: GrammarRules, options: GrammarOptions): string;
  /**
   * Writes calls as the model does, including the trigger. Used for templates that render tools and results but
   * not past calls.
   */
  write?(calls: readonly WrittenCall[]): string;
  /** Past calls are always written so, because templates of the family write values otherwise than models do. */
  readonly writesAlways?: boolean;
}

/** Past call of a conversation. */
export interface WrittenCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface GrammarOptions {
  /** Found trigger. */
  readonly trigger: string;
  /** A list may contain several calls. */
  readonly parallel: boolean;
}

/** Family of chat templates: recognizes its templates, and describes the output of its models. */
export interface ChatFormat {
  readonly name: string;
  /** Returns true if a chat template (Jinja source) belongs to this family. */
  recognises(template: string): boolean;
  readonly thinking?: ThinkingTags;
  /** Thinking can't be disabled; the prompt can only set the effort. */
  readonly alwaysThinks?: boolean;
  readonly answer?: AnswerTags;
  /** Control tokens without a meaning in the text of an answer, which are left out there. */
  readonly stray?: readonly string[];
  /** Tokens around the header of a message. A header with other words than those of the format is left out. */
  readonly header?: { readonly open: readonly string[]; readonly close: string };
  /** Texts around the text before a call, if that is a message of its own. */
  readonly preamble?: { readonly open: string; readonly close: string };
  readonly tools?: ToolSyntax;
  /** Calls are plain text, so that an answer may contain examples of calls. */
  readonly mayQuoteCalls?: boolean;
  /** Text that ends the thinking when its budget is spent, if it is not just the closing tag. */
  readonly thinkingEnd?: string;
  /** Accepted levels of `reasoning_effort`, the lowest first; detected by probing if absent. */
  readonly efforts?: readonly string[];
  /** Reads a complete output. Only for families whose output is not text with tags. */
  readOutput?(source: Source, context: OutputContext): Reading;
}

/** Context of a family's own output reader. */
export interface OutputContext {
  readonly tools: readonly CallableTool[];
  /** The prompt ends inside the thinking tags. */
  readonly thinkingOpen: boolean;
  /** The output continues text of the prompt. */
  readonly continuesText: boolean;
  /** Trigger that was appended to the prompt to force a call. */
  readonly forced: string | undefined;
  /** State that the reader updates when thinking or calls begin and end. */
  readonly state: OutputState;
}

export interface OutputState {
  thinking: boolean;
  /** Trigger of the current calls; undefined outside of calls. */
  calling: string | undefined;
  /** A complete call in thinking is held back, because the thinking may still be closed. */
  holdsCall: boolean;
  /** The model began the result of its calls, so that the answer is over. */
  resultBegun: boolean;
}
