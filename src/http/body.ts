import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { RuntimeFailure } from '../core/failure.ts';
import { collectAfter, LARGE_BYTES, largeBodyTurn } from './large-bodies.ts';

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
 * Uses the whole body of a request as text; an absent one is empty. Whatever its content type says, it
 * is UTF-8, as JSON is. While a large body is used, other large ones wait: what `use` returns should be
 * all that is kept of it. Throws `request-too-large`, and `invalid-request` where it can't be read.
 */
export async function useBody<Result>(
  request: IncomingMessage,
  response: ServerResponse,
  use: (text: string) => Promise<Result>,
): Promise<Result> {
  if (Number(request.headers['content-length']) > MOST_BYTES) throw tooLarge(request);
  const pieces = await collect(request);
  if (pieces.bytes <= LARGE_BYTES) return use(textOf(pieces));
  collectAfter(response);
  const leave = await largeBodyTurn();
  try {
    // No variable here may keep the text in memory while it is used.
    return await use(textOf(pieces));
  } finally {
    leave();
  }
}

/** A body as it came. */
interface Pieces {
  texts: string[];
  bytes: number;
}

const BYTE_ORDER_MARK = '\ufeff';

/** Text of a body, whose pieces are let go. */
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
 * By events: an iterator over a stream takes longer than all else of a small body. Each piece becomes
 * text when it comes: to decode 32 MB at once takes too long.
 */
function collect(request: IncomingMessage): Promise<Pieces> {
  const body = decompressed(request);
  const isDecoded = body !== request;
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder();
    const texts: string[] = [];
    let bytes = 0;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_BYTES) {
        texts.push(decoder.write(chunk));
        return;
      }
      body.removeAllListeners('data');
      texts.length = 0;
      if (isDecoded) body.destroy();
      reject(tooLarge(request, isDecoded));
    });
    body.once('end', () => {
      texts.push(decoder.end());
      resolve({ texts, bytes });
    });
    body.once('error', (error) => reject(unreadable(error, isDecoded)));
    body.once('close', () => {
      if (!body.readableEnded) reject(unreadable(new Error('it broke off')));
    });
  });
}

/** Passes over the rest of the body, so that the client can read the answer; see unread.ts. */
function tooLarge(request: IncomingMessage, isDecoded = false): RuntimeFailure {
  request.unpipe();
  request.resume();
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
