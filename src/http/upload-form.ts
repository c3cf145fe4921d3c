import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { BusboyInstance } from '@fastify/busboy';
import { abortReason, clientGone } from '../core/abort.ts';
import { messageOf, RuntimeFailure } from '../core/failure.ts';

/** Form of an upload while it is received. */
export interface UploadForm {
  /** Name of the file as the client sent it. */
  readonly fileName: string | undefined;
  /** Content of the file. It has to be read, or the form does not go on. */
  readonly content: Readable;
  /** Resolves with the other fields when the complete form was received. */
  readonly fields: Promise<ReadonlyMap<string, string>>;
}

/** Bytes of a form besides its file. */
export const MOST_FORM_BYTES = 64 * 1024;

const LIMITS = {
  fieldNameSize: 100,
  fieldSize: 1024,
  fields: 10,
  files: 1,
  parts: 11,
  headerPairs: 20,
  headerSize: 16 * 1024,
};

/**
 * Reads the form of an upload up to its part `file`, whose content is not buffered.
 *
 * @param signal ends the reading, also after this function has returned
 * @throws {invalid-request} if the body is no form, or has no file
 */
export async function readUploadForm(
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<UploadForm> {
  const parser = await createParser(request);
  return new Promise((resolve, reject) => {
    const fields = new Map<string, string>();
    let file: Readable | undefined;
    const fail = (failure: RuntimeFailure): void => {
      request.unpipe(parser);
      request.resume();
      file?.destroy(failure);
      reject(failure);
    };
    const received = new Promise<ReadonlyMap<string, string>>((done, failed) => {
      parser.once('finish', () => done(fields));
      const failAll = (failure: RuntimeFailure): void => {
        failed(failure);
        fail(failure);
      };
      parser.on('error', (error) => failAll(malformed(messageOf(error))));
      for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const) {
        parser.on(limit, () => failAll(malformed(`${limit} is exceeded`)));
      }
      request.once('error', () => failAll(clientGone()));
      signal.addEventListener('abort', () => failAll(abortReason(signal)), { once: true });
    });
    // A failure is reported by the content, too.
    received.catch(() => undefined);
    parser.on('field', (name, value, _isNameCut, isCut) => {
      fields.set(name, isCut ? `${value}…` : value);
    });
    parser.on('file', (_name, content, fileName: string | undefined) => {
      file = content;
      content.on('error', (error) => fail(malformed(messageOf(error))));
      resolve({ fileName, content, fields: received });
    });
    parser.once('finish', () => {
      if (file === undefined) fail(invalid('file: Field required'));
    });
    request.pipe(parser);
  });
}

async function createParser(request: IncomingMessage): Promise<BusboyInstance> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (encoding !== 'identity') {
    throw invalid(
      `Content-Encoding: '${encoding}' is not known for files. Send the form as it is.`,
    );
  }
  const { Busboy } = await import('@fastify/busboy');
  try {
    return new Busboy({
      headers: { 'content-type': type },
      limits: LIMITS,
      preservePath: true,
      isPartAFile: (name) => name === 'file',
    });
  } catch {
    throw invalid('Content-Type: use multipart/form-data with a boundary and the file as `file`');
  }
}

function malformed(reason: string): RuntimeFailure {
  return invalid(`The form can't be read: ${reason}`);
}

function invalid(message: string): RuntimeFailure {
  return new RuntimeFailure('invalid-request', message);
}
