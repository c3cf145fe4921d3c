import type {
  FetchedPage,
  FoundPage,
  ServedTool,
  ServiceFailure,
} from '../../../core/server-tools.ts';

export interface Search {
  readonly query: string;
  /** The engine is told where to search and where not; what it finds is checked all the same. */
  readonly allowedDomains: ServedTool['allowedDomains'];
  readonly blockedDomains: ServedTool['blockedDomains'];
}

/** Searches the web. Throws a ServiceError. */
export type WebSearch = (search: Search, signal: AbortSignal) => Promise<readonly FoundPage[]>;

/**
 * Reads the page at a URL. `mayVisit` tells where redirects may lead. Throws a ServiceError.
 */
export type WebFetch = (
  url: string,
  mayVisit: (url: string) => boolean,
  signal: AbortSignal,
) => Promise<FetchedPage>;

/** What this server was set up to do itself for models. What is absent is answered `unavailable`. */
export interface ServerServices {
  readonly search?: WebSearch;
  readonly fetch?: WebFetch;
  readonly log: (message: string) => void;
}

/** A service that could not do what it was asked: the reason for the model, the message for the log. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly reason: ServiceFailure;

  constructor(reason: ServiceFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
