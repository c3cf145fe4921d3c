import type { JsonObject } from '../core/json.ts';
import type { WrittenCall } from '../formats/format.ts';

/** Message for a chat template, in OpenAI's shape. */
export type TemplateMessage =
  | {
      readonly role: 'system' | 'user';
      readonly content: string;
      readonly tool_calls?: readonly TemplateCall[];
    }
  | AssistantMessage
  | {
      readonly role: 'tool';
      readonly content: string;
      readonly name: string;
      readonly tool_call_id: string;
    };

export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content: string | null | readonly TemplateBlock[];
  readonly reasoning_content?: string;
  readonly reasoning?: string;
  readonly thinking?: string;
  readonly tool_calls?: readonly TemplateCall[];
  /** Text before the calls that the template would drop; see `applyWorkarounds`. */
  readonly ahead?: string;
  /** Calls to write into the content, since the template would drop them. */
  readonly written?: readonly WrittenCall[];
}

export type TemplateBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string };

export interface TemplateCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: JsonObject | string };
}

export interface TemplateTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: JsonObject | string;
  };
}
