import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { clientGone } from '../core/abort.ts';
import { RuntimeFailure } from '../core/failure.ts';
import { BodyMemory } from './body-memory.ts';
import type { BodyShare } from './body-memory.ts';
import { serverStopping } from './stop.ts';
import { UnansweredBodies } from './unanswered.ts';
import { collectAfter, LARGE_BYTES, largeBodyTurn } from './large-bodies.ts';

const SHARED_MEMORY = new BodyMemory();
const SHARED_UNANSWERED = new UnansweredBodies();

/** The real API's limit on the body of a request. */
const MOST_BYTES = 32 * 1024 * 1024;

/** https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 */
const DECOMPRESSORS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Passes the complete body of a request to `use` as text; an absent body is empty. The text is UTF-8, as JSON
 * is, whatever the content type says. Other large bodies wait meanwhile, so only the result of `use` should
 * be kept.
 *
 * @throws {request-too-large} and {invalid-request} if the body can't be read
 */
export async function useBody<Result>(
  request: IncomingMessage,
  response: ServerResponse,
  use: (text: string) => Promise<Result>,
  { closing, memory = SHARED_MEMORY, unanswered = SHARED_UNANSWERED }: BodyOptions,
): Promise<Result> {
  if (Number(request.headers['content-length']) > MOST_BYTES) {
    passOver(request);
    throw tooLarge();
  }
  const pieces = await collect(request, response, memory, closing);
  if (pieces.isAbandoned) throw clientGone();
  const isLarge = pieces.bytes > LARGE_BYTES;
  const admission = isLarge ? undefined : unanswered.enter(pieces.bytes, response);
  if (admission !== undefined) await admission;
  const leave = isLarge ? await largeBodyTurn() : undefined;
  try {
    if (pieces.isAbandoned) throw clientGone();
    // No variable may keep the text in memory during `use`.
    return await use(textOf(pieces));
  } finally {
    leave?.();
    pieces.share.decoded();
  }
}

interface BodyOptions {
  /** Aborts when the server stops accepting requests, which refuses a body that is not complete. */
  readonly closing: AbortSignal;
  readonly memory?: BodyMemory;
  readonly unanswered?: UnansweredBodies;
}

/** Received pieces of a body. */
interface Pieces {
  texts: string[];
  bytes: number;
  /** True if the client left, and its pieces were dropped. */
  isAbandoned: boolean;
  readonly share: BodyShare;
}

const BYTE_ORDER_MARK = '\ufeff';

/** Joins the text of a body and releases its pieces. */
function textOf(pieces: Pieces): string {
  const text = pieces.texts.join('');
  pieces.texts = [];
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function decompressed(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return request;
  const create = DECOMPRESSORS[encoding];
  if (create !== undefined) {
    const decompressor = create();
    request.once('error', (error) => decompressor.destroy(error));
    return request.pipe(decompressor);
  }
  throw new RuntimeFailure(
    'invalid-request',
    `The content encoding '${encoding}' is not known here. Use gzip, deflate, br or none.`,
    { details: { error_code: 'request_body_encoding_unsupported' } },
  );
}

/**
 * Collects a body by events, because a stream's iterator would dominate the time of a small body. Each piece
 * is decoded on arrival: decoding 32 MB at once takes too long.
 */
function collect(
  request: IncomingMessage,
  response: ServerResponse,
  memory: BodyMemory,
  closing: AbortSignal,
): Promise<Pieces> {
  const body = decompressed(request);
  const isDecoded = body !== request;
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder();
    const refuse = (failure: RuntimeFailure): void => {
      body.removeAllListeners('data');
      pieces.texts = [];
      if (isDecoded) body.destroy();
      passOver(request);
      reject(failure);
    };
    const share = memory.share(body, isDecoded ? MOST_BYTES : lengthOf(request), refuse);
    const close = (): void => refuse(serverStopping());
    closing.addEventListener('abort', close, { once: true });
    const pieces: Pieces = { texts: [], bytes: 0, isAbandoned: false, share };
    response.once('close', () => {
      pieces.texts = [];
      pieces.isAbandoned = true;
      closing.removeEventListener('abort', close);
      share.release();
    });
    body.on('data', (chunk: Buffer) => {
      const wasLarge = pieces.bytes > LARGE_BYTES;
      pieces.bytes += chunk.length;
      if (pieces.bytes > MOST_BYTES) return refuse(tooLarge(isDecoded));
      if (!wasLarge && pieces.bytes > LARGE_BYTES) collectAfter(response);
      pieces.texts.push(decoder.write(chunk));
      share.add(chunk.length);
    });
    body.once('end', () => {
      closing.removeEventListener('abort', close);
      share.complete();
      pieces.texts.push(decoder.end());
      resolve(pieces);
    });
    body.once('error', (error) => {
      if (isDecoded) passOver(request);
      reject(unreadable(error, isDecoded));
    });
    body.once('close', () => {
      if (!body.readableEnded) reject(unreadable(new Error('it broke off')));
    });
  });
}

/** Length of a body as its client announces it, else the most that it may have. */
function lengthOf({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? MOST_BYTES);
}

/** Discards the rest of a body, so that the client can read the response; see unread.ts. */
function passOver(request: IncomingMessage): void {
  request.unpipe();
  request.resume();
}

function tooLarge(isDecoded = false): RuntimeFailure {
  return new RuntimeFailure(
    'request-too-large',
    'Request exceeds the maximum size: a body may have 32 MB.',
    isDecoded ? { details: { error_code: 'request_body_too_large_after_decoding' } } : {},
  );
}

function unreadable(error: Error, isDecoded = false): RuntimeFailure {
  return new RuntimeFailure('invalid-request', `The body can't be read: ${error.message}`, {
    cause: error,
    ...(isDecoded && { details: { error_code: 'request_body_encoding_invalid' } }),
  });
}
