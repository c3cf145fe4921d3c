/** What this server itself can be asked to do by a model. */
export type ServerService = 'web-search' | 'web-fetch';

/** A tool of the client's request that the server carries out, and within which limits. */
export interface ServedTool {
  readonly service: ServerService;
  /** Calls of one request. */
  readonly maxUses?: number;
  /** A host, with its subdomains, and a path where only that may be used. None means all. */
  readonly allowedDomains: readonly string[];
  readonly blockedDomains: readonly string[];
  /** About how many tokens a page may take. */
  readonly maxContentTokens?: number;
  /** Settings of the client's that have no effect here. */
  readonly ignored: readonly string[];
}

/** A page that a search has found. */
export interface FoundPage {
  readonly url: string;
  readonly title: string;
  /** What the search engine says of it; may be empty. */
  readonly excerpt: string;
  /** When it was written, in the search engine's words. */
  readonly age: string | null;
}

/** A page as text. */
export interface FetchedPage {
  readonly url: string;
  readonly title: string | null;
  readonly text: string;
  /** ISO 8601. */
  readonly retrievedAt: string;
}

/** Why a call that the server carries out gave nothing. */
export const SERVICE_FAILURES = [
  'invalid-input',
  'unavailable',
  'max-uses-exceeded',
  'too-many-requests',
  'query-too-long',
  'url-too-long',
  'url-not-allowed',
  'url-not-in-prior-context',
  'url-not-accessible',
  'unsupported-content-type',
  'content-too-large',
] as const;

export type ServiceFailure = (typeof SERVICE_FAILURES)[number];

/** What a call that the server carried out gave. */
export type ServiceOutcome =
  | { readonly kind: 'found'; readonly pages: readonly FoundPage[] }
  | { readonly kind: 'fetched'; readonly page: FetchedPage }
  | { readonly kind: 'failed'; readonly reason: ServiceFailure };

/** Calls that were carried out for one answer; those that failed don't count. */
export interface ServiceUse {
  readonly webSearches: number;
  readonly webFetches: number;
}
