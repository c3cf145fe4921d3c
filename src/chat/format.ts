import type { JsonObject } from '../core/json.ts';

/** The tags that a family puts around its thinking. */
export interface ThinkingTags {
  readonly open: string;
  readonly close: string;
}

export interface ParsedCall {
  readonly name: string;
  readonly input: JsonObject;
}

/** How a family writes a tool call into its text. */
export interface ToolSyntax {
  readonly open: string;
  readonly close: string;
  /** The call between the tags, or undefined where the text is no call. */
  parse(body: string): ParsedCall | undefined;
}

/** One family of chat templates: what its model's output looks like. */
export interface ChatFormat {
  readonly name: string;
  /** Whether a chat template (Jinja source) is one of this family. */
  recognises(template: string): boolean;
  readonly thinking?: ThinkingTags;
  readonly tools?: ToolSyntax;
}
