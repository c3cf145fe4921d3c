import type { Capabilities, GenerationRequest } from '../core/backend.ts';
import type { GenerationEvent } from '../core/events.ts';
import type { FailureSubject } from '../core/failure.ts';
import type { JsonObject } from '../core/json.ts';
import type { Steps } from '../core/steps.ts';
import type { FilePage, FileRange, StoredFile } from '../core/stored-file.ts';

/**
 * Dialect of one API: decodes its requests, and encodes answers and failures. Each implementation is a
 * folder next to this file and a line in index.ts.
 */
export interface Wire {
  /** Name of the wire, and first segment of paths that select it, as in `/anthropic/v1/messages`. */
  readonly name: string;
  readonly routes: readonly WireRoute[];
  /** Returns true if only clients of this wire send such headers. Used if wires share a path. */
  readonly claims?: (headers: WireHeaders) => boolean;
  /** Reason why a path of the API is not served; undefined if it is served or unknown. */
  readonly notServed?: (path: string) => string | undefined;
  /** Name of the field that a failure is about. */
  readonly fieldName: (subject: FailureSubject) => string;
  readonly encodeFailure: (error: unknown, requestId: string) => FailureAnswer;
  /** Headers with the rest of a client's limits. */
  readonly encodeLimits?: (limits: readonly LimitStatus[]) => Readonly<Record<string, string>>;
}

/** Limit of a client's key, and what is left of it. */
export interface LimitStatus {
  readonly kind: 'requests' | 'input-tokens' | 'output-tokens';
  readonly limit: number;
  readonly remaining: number;
  /** Time at which nothing of it will be used. */
  readonly fullAt: Date;
}

export type WireRoute =
  | GenerateRoute
  | CountRoute
  | ModelsRoute
  | ModelRoute
  | FilesRoute
  | FileRoute
  | FileContentRoute;

/** Headers by lower-case name. */
export type WireHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Parses and decodes a body. Both are generators, so that large bodies yield to the event loop. */
export interface BodyReader<Decoded> {
  /** @throws RuntimeFailure `invalid-request` if the text can't be read */
  readonly parse: (text: string) => Steps<unknown>;
  /** @throws RuntimeFailure `invalid-request` or `unsupported` that names the field */
  readonly decode: (body: unknown, headers: WireHeaders) => Steps<Decoded>;
}

/** `POST` of a conversation that a model continues. */
export interface GenerateRoute extends BodyReader<DecodedGeneration> {
  readonly kind: 'generate';
  readonly path: string;
}

/** `POST` of a conversation whose tokens are counted. */
export interface CountRoute extends BodyReader<DecodedRequest> {
  readonly kind: 'count';
  readonly path: string;
  readonly encode: (count: CountedTokens) => JsonObject;
}

export interface CountedTokens {
  readonly tokens: number;
  /** Count before the conversation was edited; absent if its client asked for no edit. */
  readonly originalTokens?: number | undefined;
}

/** `GET` of all models. */
export interface ModelsRoute {
  readonly kind: 'models';
  readonly path: string;
  readonly list: (models: ModelSource, request: ListRequest) => Promise<JsonObject>;
}

/** `GET` of one model, selected by the path parameter `id`. */
export interface ModelRoute {
  readonly kind: 'model';
  readonly path: string;
  readonly encode: (listing: ModelListing) => JsonObject;
}

/** `GET` of the stored files, and `POST` of a form with a new one. */
export interface FilesRoute {
  readonly kind: 'files';
  readonly path: string;
  readonly list: (files: FileSource, request: ListRequest) => Promise<JsonObject>;
  /**
   * Reads the name of an uploaded file, and returns the name for its detected media type.
   *
   * @throws RuntimeFailure `invalid-request` that names the field
   */
  readonly decodeName: (given: string | undefined) => (mediaType: string) => string;
  /**
   * Reads the other fields of the form, and returns the time after which the file expires.
   *
   * @throws RuntimeFailure `invalid-request` that names the field
   */
  readonly decodeLifetime: (fields: ReadonlyMap<string, string>) => number | undefined;
  readonly encode: (file: StoredFile) => JsonObject;
}

/** `GET` of the facts of a file, and `DELETE` of the file. The path parameter `id` selects it. */
export interface FileRoute {
  readonly kind: 'file';
  readonly path: string;
  readonly encode: (file: StoredFile) => JsonObject;
  readonly encodeRemoval: (id: string) => JsonObject;
}

/** `GET` of the content of a file. */
export interface FileContentRoute {
  readonly kind: 'file-content';
  readonly path: string;
}

/** Stored files for a list, the newest first. */
export interface FileSource {
  /** @throws RuntimeFailure `invalid-request` if an id of the range names no file */
  readonly list: (range: FileRange) => Promise<FilePage>;
  /** Returns the existing files with these ids. */
  readonly listed: (ids: readonly string[]) => Promise<readonly StoredFile[]>;
}

/** Request in neutral form, and the name of the requested model. */
export interface DecodedRequest {
  readonly modelName: string;
  readonly request: Omit<GenerationRequest, 'id' | 'model' | 'overflow'>;
  /** Accepted fields without an effect on this server, for the log. */
  readonly ignored: readonly string[];
}

export interface DecodedGeneration extends DecodedRequest {
  /** True if the answer is to be streamed. */
  readonly stream: boolean;
  readonly createStream: () => AnswerStream;
  /** Encodes the complete answer as JSON text. Rejects with the error of the events, if any. */
  readonly encodeWhole: (events: AsyncIterable<GenerationEvent>) => Promise<string>;
}

/** Encoder of one streamed answer. Its texts are sent unchanged; empty ones are skipped. */
export interface AnswerStream {
  readonly contentType: string;
  /** Text to send while nothing is generated. */
  readonly ping: string;
  readonly push: (event: GenerationEvent) => string;
  /** Encodes an empty delta, for clients that time out despite pings. */
  readonly keepAlive: () => string;
  /** Encodes the end of a finished answer. */
  readonly end: () => string;
  /** Encodes the end of a failed answer. */
  readonly fail: (error: unknown, requestId: string) => string;
}

/** HTTP answer for a failure. */
export interface FailureAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

export interface ListRequest {
  readonly headers: WireHeaders;
  /** Parameters of the URL. */
  readonly query: Readonly<Record<string, unknown>>;
}

/** Source of the models for a list. */
export interface ModelSource {
  /** Names of all models and aliases. */
  readonly names: readonly ModelName[];
  /** Describes the models with these names, in the same order. */
  readonly describe: (names: readonly ModelName[]) => Promise<readonly ModelListing[]>;
}

/** Name of a model, or an alias. */
export interface ModelName {
  readonly id: string;
  /** Second name of the model that begins with `claude-`. Aliases have none. */
  readonly claudeName?: string;
}

export interface ModelListing {
  readonly id: string;
  /** Short name for a picker. */
  readonly displayName: string;
  readonly description?: string | undefined;
  /** Time in ISO 8601. */
  readonly createdAt: string;
  /** Undefined if unknown. */
  readonly capabilities: Capabilities | undefined;
}
