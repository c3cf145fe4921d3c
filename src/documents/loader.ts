import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { cancelled } from '../core/abort.ts';
import type { BinarySource, DocumentPart } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/failure.ts';
import type { FailureSubject } from '../core/failure.ts';
import { WeightedCache } from '../core/weighted-cache.ts';
import type { ContactRules } from '../net/public-fetch.ts';
import { MAX_PAGES, MOST_MEMORY_BYTES } from './limits.ts';
import { createPdfReader, PdfFailure } from './pdf-process.ts';
import type { PdfFault, PdfPage } from './pdf-protocol.ts';

export interface DocumentLoader {
  /**
   * Returns the pages of a PDF, which is fetched first if its source is a URL.
   *
   * @param longestEdge pixels along the longer edge of the pages' pictures; undefined for text alone
   * @throws RuntimeFailure `invalid-request` whose subject is the document, `cancelled` on abort
   */
  load(
    document: BinaryDocument,
    signal: AbortSignal,
    longestEdge?: number,
  ): Promise<readonly PdfPage[]>;
}

type PdfSource = Exclude<BinarySource, { kind: 'file' }>;

/** Document whose source is a file, in the request or at a URL. */
export interface BinaryDocument extends DocumentPart {
  readonly source: PdfSource;
}

export interface DocumentLoaderOptions extends Partial<ContactRules> {
  /** Module of the process that reads PDFs, for tests that run without a build. */
  readonly module?: URL;
}

/** Cached characters: an agent sends its documents again with every request. */
const KEPT_CHARACTERS = 64 * 1024 * 1024;

/** Lifetime of fetched PDFs: enough for a conversation, and short enough to notice a replaced file. */
const FETCHED_LIFETIME_MS = 300_000;

const FETCH_TIMEOUT_MS = 20_000;

/** Creates a loader that keeps the pages of recent PDFs, so that a conversation's next turn reads them no more. */
export function createDocumentLoader({
  module = new URL('./pdf-child.js', import.meta.url),
  ...rules
}: DocumentLoaderOptions = {}): DocumentLoader {
  const read = createPdfReader(module);
  const cached = new WeightedCache<readonly PdfPage[]>(KEPT_CHARACTERS);
  const fetch = createFetch(rules);

  const pagesOf = async (data: string, signal: AbortSignal, longestEdge: number | undefined) => {
    const key = `${longestEdge ?? ''} ${await digestOf(data)}`;
    const known = cached.get(key);
    if (known !== undefined) return known;
    const pages = await read({ data, ...(longestEdge !== undefined && { longestEdge }) }, signal);
    cached.set(key, pages, weightOf(pages));
    return pages;
  };

  return {
    async load(document, signal, longestEdge) {
      try {
        const data = await dataOf(document.source, fetch, signal);
        return await pagesOf(data, signal, longestEdge);
      } catch (error) {
        if (signal.aborted) throw cancelled(signal.reason);
        throw failureOf(error, document);
      }
    },
  };
}

type PdfFetch = (url: string, signal: AbortSignal) => Promise<string>;

function createFetch(rules: Partial<ContactRules>): PdfFetch {
  const fetched = new WeightedCache<string>(KEPT_CHARACTERS, FETCHED_LIFETIME_MS);
  return async (url, signal) => {
    const known = fetched.get(url);
    if (known !== undefined) return known;
    // Imported lazily: most servers never fetch a document.
    const { downloadPdf } = await import('./download.ts');
    const data = await downloadPdf(url, { timeoutMs: FETCH_TIMEOUT_MS, ...rules }, signal);
    fetched.set(url, data, url.length + data.length);
    return data;
  };
}

async function dataOf(source: PdfSource, fetch: PdfFetch, signal: AbortSignal): Promise<string> {
  switch (source.kind) {
    case 'base64':
      return source.data;
    case 'url':
      return fetch(source.url, signal);
    default:
      return source satisfies never;
  }
}

const SLICE_CHARACTERS = 2 ** 20;

/** Digest of a text, between whose slices the server serves others. */
async function digestOf(text: string): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < text.length; start += SLICE_CHARACTERS) {
    hash.update(text.slice(start, start + SLICE_CHARACTERS), 'latin1');
    if (start > 0) await setImmediate();
  }
  return hash.digest('base64');
}

function weightOf(pages: readonly PdfPage[]): number {
  return pages.reduce((sum, { text, picture = '' }) => sum + text.length + picture.length, 100);
}

/** Messages of faults. The first three begin with the API's own words, on which clients match. */
const FAULTS = {
  encrypted: 'The PDF specified is password protected. Send it without a password.',
  invalid: 'The PDF specified was not valid. Send the complete file.',
  pages: `A maximum of ${MAX_PAGES} PDF pages may be provided. Send a part of the document.`,
  text: 'The PDF specified has too much text. Send a part of the document.',
  memory: `The PDF specified can't be read with ${MOST_MEMORY_BYTES / 2 ** 20} MB of memory. Send a simpler one, or its text.`,
  time: 'The PDF specified takes too long to read. Send a part of the document, or its text.',
} as const satisfies Record<PdfFault, string>;

/** Subject of a failure about a document: its source. */
export function subjectOf({ at, source }: BinaryDocument): FailureSubject {
  const isStored = source.kind === 'base64' && source.fileId !== undefined;
  return at === undefined ? 'messages' : { at, source: isStored ? 'file' : source.kind };
}

function failureOf(error: unknown, document: BinaryDocument): unknown {
  const subject = subjectOf(document);
  if (error instanceof PdfFailure) {
    return new RuntimeFailure('invalid-request', FAULTS[error.fault], { cause: error, subject });
  }
  if (!(error instanceof RuntimeFailure)) return error;
  return new RuntimeFailure(error.code, error.message, { cause: error, subject });
}
