import type { Citation } from './citation.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { McpServer } from './mcp.ts';
import type { ServerTool, ServiceOutcome } from './server-tools.ts';

export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
  /** Passages of sources that support the text; absent if there are none. */
  readonly citations?: readonly Citation[];
}

/** Location of a picture or a document: in the request, at a URL, or in the files store. */
export type BinarySource =
  | {
      readonly kind: 'base64';
      readonly mediaType: string;
      readonly data: string;
      /** Id of the stored file that contains the data, if the client sent the id. */
      readonly fileId?: string;
    }
  | { readonly kind: 'url'; readonly url: string }
  | {
      readonly kind: 'file';
      readonly fileId: string;
      /** Place in the client's request, for failures: `messages.0.content.1.document`. */
      readonly at?: string;
    };

export interface ImagePart {
  readonly kind: 'image';
  readonly source: BinarySource;
  /** Place in the client's request, for failures: `messages.0.content.1.image`. */
  readonly at?: string;
}

export interface DocumentPart {
  readonly kind: 'document';
  readonly source:
    | BinarySource
    | { readonly kind: 'text'; readonly text: string; readonly fileId?: string }
    | { readonly kind: 'content'; readonly parts: readonly Part[] }
    /** Text of each page of a file. */
    | { readonly kind: 'pages'; readonly pages: readonly string[]; readonly fileId?: string };
  readonly title?: string;
  readonly context?: string;
  readonly citations: boolean;
  /** Place in the client's request, for failures: `messages.0.content.1.pdf`. */
  readonly at?: string;
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

/** Encrypted thinking of another server. It never reaches a prompt. */
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

/** Call that a server executed, including an MCP server. */
export interface ServerToolCallPart {
  readonly kind: 'server-tool-call';
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
}

/** Result of a call that a server executed, in the wire's own shape, which differs by tool. */
export interface ServerToolResultPart {
  readonly kind: 'server-tool-result';
  readonly callId: string;
  readonly blockType: string;
  readonly content: JsonValue;
  /** Wire-neutral form of the result, if this server's own tools can produce such a result. */
  readonly outcome?: ServiceOutcome;
}

/** Summary that replaces the turns before it. */
export interface CompactionPart {
  readonly kind: 'compaction';
  readonly text: string;
}

/** Tools that become callable or cease to be callable at this place of the conversation. */
export interface ToolChangePart {
  readonly kind: 'tool-change';
  readonly change: 'added' | 'removed';
  readonly name: string;
}

/** File of the files store that was uploaded to a code-execution container. */
export interface ContainerUploadPart {
  readonly kind: 'container-upload';
  readonly fileId: string;
  /** Name of the file, once it was looked up. */
  readonly fileName?: string;
}

/** Part of a turn. Every request block of the Messages API decodes to one of these. */
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

/** Turn of one role. Adjacent turns always differ in role. */
export interface Turn {
  readonly role: Role;
  readonly parts: readonly Part[];
}

/** Executor of a tool, and the owner of its schema. */
export type ToolOrigin =
  | { readonly kind: 'custom' }
  | { readonly kind: 'client'; readonly type: string; readonly settings: JsonObject }
  | {
      readonly kind: 'server';
      readonly type: string;
      readonly settings: JsonObject;
      /** Tool of this server that executes it; absent if there is none. */
      readonly serverTool?: ServerTool;
      /** MCP server whose tools replace this one before the model gets the request. */
      readonly mcpServer?: McpServer;
    };

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly origin: ToolOrigin;
  /** Not part of the tool prefix: it is rendered at the tool reference that loads it. */
  readonly deferred: boolean;
  /** The client requires calls that match the schema. */
  readonly strict?: true;
  /** True: arguments are streamed as generated, even if they may turn out malformed; false: they never are. */
  readonly eagerInput?: boolean;
  /** Only code on Anthropic's servers may call it, not the model itself. */
  readonly onlyFromCode?: true;
}

/** Constraint on the tools that the model calls. */
export type ToolChoice =
  | { readonly mode: 'auto' | 'any'; readonly parallel: boolean }
  | { readonly mode: 'tool'; readonly name: string; readonly parallel: boolean }
  | { readonly mode: 'none' };

/** Wire-neutral conversation. A last assistant turn is continued, not answered. */
export interface Conversation {
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
  readonly tools: readonly ToolSpec[];
}
