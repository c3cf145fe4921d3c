import type { Capabilities, GenerationRequest } from '../core/backend.ts';
import type { GenerationEvent } from '../core/events.ts';
import type { FailureSubject } from '../core/failure.ts';
import type { JsonObject } from '../core/json.ts';
import type { Steps } from '../core/steps.ts';

/**
 * A dialect: how requests of one API are read, and how answers and failures are written. Each
 * implementation is a folder beside this file and a line in index.ts.
 */
export interface Wire {
  /** Also the first segment of paths that choose this wire, as in `/anthropic/v1/messages`. */
  readonly name: string;
  readonly routes: readonly WireRoute[];
  /** True for a request whose headers only clients of this wire send; decides where wires share a path. */
  readonly claims?: (headers: WireHeaders) => boolean;
  /** Name of the field that a failure is about. */
  readonly fieldName: (subject: FailureSubject) => string;
  readonly encodeFailure: (error: unknown, requestId: string) => FailureAnswer;
}

export type WireRoute = GenerateRoute | CountRoute | ModelsRoute | ModelRoute;

/** Header names are lower-case. */
export type WireHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Reads the text of a body. A generator, so that large bodies yield to the event loop. */
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
  readonly encode: (tokens: number) => JsonObject;
}

/** `GET` of all models. */
export interface ModelsRoute {
  readonly kind: 'models';
  readonly path: string;
  readonly list: (models: ModelSource, request: ListRequest) => Promise<JsonObject>;
}

/** `GET` of one model, which is named by the path's parameter `id`. */
export interface ModelRoute {
  readonly kind: 'model';
  readonly path: string;
  readonly encode: (listing: ModelListing) => JsonObject;
}

/** A request in the terms of every backend, and the name of the model that it asks for. */
export interface DecodedRequest {
  readonly modelName: string;
  readonly request: Omit<GenerationRequest, 'id' | 'model' | 'overflow'>;
  /** Fields that have no meaning here, for the log. */
  readonly ignored: readonly string[];
}

export interface DecodedGeneration extends DecodedRequest {
  /** True if the answer is to be streamed. */
  readonly stream: boolean;
  readonly createStream: () => AnswerStream;
  /** The whole answer. Rejects with what the events throw. */
  readonly encodeWhole: (events: AsyncIterable<GenerationEvent>) => Promise<JsonObject>;
}

/** Encoder of one streamed answer. Its texts are written as they are; an empty one is not written. */
export interface AnswerStream {
  readonly contentType: string;
  /** Sent while nothing is generated. */
  readonly ping: string;
  readonly push: (event: GenerationEvent) => string;
  /** An empty delta, for clients that do not count a ping as a sign of life. */
  readonly keepAlive: () => string;
  /** The end of an answer that was finished. */
  readonly end: () => string;
  /** The end of an answer that failed. */
  readonly fail: (error: unknown, requestId: string) => string;
}

/** A failure as an HTTP answer. */
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

/** The models that a list can show. */
export interface ModelSource {
  /** All names that answer: models and aliases. */
  readonly names: readonly ModelName[];
  /** Describes some of them, in their order. */
  readonly describe: (names: readonly ModelName[]) => Promise<readonly ModelListing[]>;
}

/** A name that answers. */
export interface ModelName {
  readonly id: string;
  /** Another name of the model, which begins with `claude-`; aliases have none. */
  readonly claudeName?: string;
}

export interface ModelListing {
  readonly id: string;
  /** Short name, for a picker. */
  readonly displayName: string;
  readonly description?: string | undefined;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Undefined if unknown. */
  readonly capabilities: Capabilities | undefined;
}
