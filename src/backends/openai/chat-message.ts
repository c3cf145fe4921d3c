import type { JsonObject } from '../../core/json.ts';

/** Part of a user message: https://platform.openai.com/docs/api-reference/chat/create */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } };

export interface ChatCall {
  readonly id: string;
  readonly type: 'function';
  /** Name, and arguments as JSON text. */
  readonly function: { readonly name: string; readonly arguments: string };
}

/** Message of a chat completion request. */
export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string | readonly ContentPart[] }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string | null;
      readonly tool_calls?: readonly ChatCall[];
      /** Two names of the same field: servers are changing from one to the other. */
      readonly reasoning_content?: string;
      readonly reasoning?: string;
    };

export interface ChatTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: JsonObject;
    readonly strict?: boolean;
  };
}
