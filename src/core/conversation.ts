import type { JsonObject, JsonValue } from './json.ts';
import type { ServedTool, ServiceOutcome } from './server-tools.ts';

export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
}

/** Where a picture or a document lies: in the request, at a URL, or in the files store. */
export type BinarySource =
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly fileId: string };

export interface ImagePart {
  readonly kind: 'image';
  readonly source: BinarySource;
  /** Where the client put it, for failures about it: `messages.0.content.1.image`. */
  readonly at?: string;
}

export interface DocumentPart {
  readonly kind: 'document';
  readonly source:
    | BinarySource
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'content'; readonly parts: readonly Part[] };
  readonly title?: string;
  readonly context?: string;
  readonly citations: boolean;
}

export interface SearchResultPart {
  readonly kind: 'search-result';
  readonly source: string;
  readonly title: string;
  readonly content: readonly TextPart[];
  readonly citations: boolean;
}

export interface ThinkingPart {
  readonly kind: 'thinking';
  readonly text: string;
}

/** Thinking of another server that only that server can read. It never reaches a prompt. */
export interface RedactedThinkingPart {
  readonly kind: 'redacted-thinking';
  readonly data: string;
}

export interface ToolCallPart {
  readonly kind: 'tool-call';
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
}

export interface ToolResultPart {
  readonly kind: 'tool-result';
  readonly callId: string;
  readonly output: readonly Part[];
  readonly isError: boolean;
}

/** A deferred tool that the client loads at this place of the conversation. */
export interface ToolReferencePart {
  readonly kind: 'tool-reference';
  readonly name: string;
}

/** A call that the server itself carried out, an MCP server's included. */
export interface ServerToolCallPart {
  readonly kind: 'server-tool-call';
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
}

/** What such a call gave, in the wire's own shape: each server tool has another one. */
export interface ServerToolResultPart {
  readonly kind: 'server-tool-result';
  readonly callId: string;
  readonly blockType: string;
  readonly content: JsonValue;
  /** The same in no wire's terms, where it is one that this server could have given too. */
  readonly outcome?: ServiceOutcome;
}

/** The summary that stands for the turns before it. */
export interface CompactionPart {
  readonly kind: 'compaction';
  readonly text: string;
}

/** Tools that become callable, or cease to be, from this place of the conversation on. */
export interface ToolChangePart {
  readonly kind: 'tool-change';
  readonly change: 'added' | 'removed';
  readonly name: string;
}

/** A file of the files store that was handed to a code-execution container. */
export interface ContainerUploadPart {
  readonly kind: 'container-upload';
  readonly fileId: string;
}

/** One piece of a turn. Every request block of the Messages API decodes to one of these. */
export type Part =
  | TextPart
  | ImagePart
  | DocumentPart
  | SearchResultPart
  | ThinkingPart
  | RedactedThinkingPart
  | ToolCallPart
  | ToolResultPart
  | ToolReferencePart
  | ServerToolCallPart
  | ServerToolResultPart
  | CompactionPart
  | ToolChangePart
  | ContainerUploadPart;

export type Role = 'user' | 'assistant' | 'system';

/** What one side said. Neighbouring turns always differ in role. */
export interface Turn {
  readonly role: Role;
  readonly parts: readonly Part[];
}

/** Who carries a tool out, and whose schema it has. */
export type ToolOrigin =
  | { readonly kind: 'custom' }
  | { readonly kind: 'client'; readonly type: string; readonly settings: JsonObject }
  | {
      readonly kind: 'server';
      readonly type: string;
      readonly settings: JsonObject;
      /** How this server may carry it out; absent where it never can. */
      readonly served?: ServedTool;
    };

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly origin: ToolOrigin;
  /** Not part of the tool prefix: it is rendered where a tool reference loads it. */
  readonly deferred: boolean;
  /** The client wants calls guaranteed to follow the schema. */
  readonly strict?: true;
  /** True: the client wants arguments as they come, even if they turn out malformed; false: never. */
  readonly eagerInput?: boolean;
  /** Code on Anthropic's servers may call it, and the model itself may not. */
  readonly onlyFromCode?: true;
}

/** Which tools the model may, must or must not call. */
export type ToolChoice =
  | { readonly mode: 'auto' | 'any'; readonly parallel: boolean }
  | { readonly mode: 'tool'; readonly name: string; readonly parallel: boolean }
  | { readonly mode: 'none' };

/** What was said so far, in no wire's terms. A last assistant turn is continued, not answered. */
export interface Conversation {
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
  readonly tools: readonly ToolSpec[];
}
