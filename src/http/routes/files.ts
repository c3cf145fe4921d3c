import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import { RuntimeFailure } from '../../core/failure.ts';
import { MOST_FILE_BYTES } from '../../store/files.ts';
import type { FileStore } from '../../store/files.ts';
import type { FileContentRoute, FileRoute, FilesRoute } from '../../wires/wire.ts';
import { disconnectSignal } from '../request-state.ts';
import { MOST_FORM_BYTES, readUploadForm } from '../upload-form.ts';

export interface FileHandlerOptions {
  readonly files: FileStore;
  /** Aborts running requests when the server stops. */
  readonly stopping: AbortSignal;
}

/** Uploads that are received concurrently. Each takes a file and a few buffers. */
const MOST_UPLOADS = 16;

/** Creates the handlers of the list of files: `GET` lists, `POST` uploads. */
export function createFilesHandlers(
  route: FilesRoute,
  { files, stopping }: FileHandlerOptions,
): { readonly list: RequestHandler; readonly upload: RequestHandler } {
  let uploads = 0;
  const source = {
    list: files.list.bind(files),
    listed: files.listed.bind(files),
  };
  return {
    list: async ({ headers, query }, response) => {
      response.json(await route.list(source, { headers, query }));
    },
    upload: async (request, response) => {
      if (Number(request.headers['content-length']) > MOST_FILE_BYTES + MOST_FORM_BYTES) {
        request.resume();
        throw new RuntimeFailure('request-too-large', 'File too large: a file may have 500 MB.');
      }
      if (uploads >= MOST_UPLOADS) throw tooManyUploads();
      uploads += 1;
      try {
        response.json(route.encode(await receive(request, response)));
      } finally {
        uploads -= 1;
      }
    },
  };

  async function receive(request: Request, response: Response) {
    const form = await readUploadForm(request, disconnectSignal(response, stopping));
    try {
      const nameFor = route.decodeName(form.fileName);
      return await files.add(form.content, async (mediaType) => ({
        name: nameFor(mediaType),
        isDownloadable: false,
        lifetimeMs: route.decodeLifetime(await form.fields),
      }));
    } finally {
      // After a failure the rest of the form has no other reader.
      request.unpipe();
      request.resume();
    }
  }
}

/** Creates the handlers of one file: `GET` of its facts, and `DELETE`. */
export function createFileHandlers(
  route: FileRoute,
  { files }: FileHandlerOptions,
): { readonly facts: RequestHandler; readonly remove: RequestHandler } {
  return {
    facts: async (request, response) => {
      response.json(route.encode(await files.get(idOf(request))));
    },
    remove: async (request, response) => {
      await files.remove(idOf(request));
      response.json(route.encodeRemoval(idOf(request)));
    },
  };
}

/** Creates the handler that sends the content of a file, if a tool of this server wrote it. */
export function createFileContentHandler(
  _route: FileContentRoute,
  { files, stopping }: FileHandlerOptions,
): RequestHandler {
  return async (request, response) => {
    const { isDownloadable } = await files.get(idOf(request));
    if (!isDownloadable) throw notDownloadable();
    const { file, content } = await files.open(idOf(request));
    response.set({
      'content-type': file.mediaType,
      'content-length': String(file.bytes),
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
      'x-content-type-options': 'nosniff',
    });
    const signal = disconnectSignal(response, stopping);
    await pipeline(content.createReadStream(), response, { signal });
  };
}

function idOf(request: Request): string {
  return String(request.params['id']);
}

/** Failure in the API's words: uploaded files can't be downloaded. */
function notDownloadable(): RuntimeFailure {
  return new RuntimeFailure('invalid-request', 'File is not downloadable', {
    details: { error_code: 'file_not_downloadable' },
  });
}

function tooManyUploads(): RuntimeFailure {
  return new RuntimeFailure(
    'overloaded',
    `The server receives ${MOST_UPLOADS} files already. Send this one again later.`,
    { retryAfterSeconds: 5 },
  );
}
