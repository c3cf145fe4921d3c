import type { FileHandle } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import type { BinarySource, ContainerUploadPart, Conversation } from '../core/conversation.ts';
import type { DocumentPart, ImagePart, Part } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/failure.ts';
import { hasPart } from '../core/parts.ts';
import type { StoredFile } from '../core/stored-file.ts';
import { WeightedCache } from '../core/weighted-cache.ts';

/** Reader of stored files. */
export interface FileReader {
  /** Opens a file. Throws a RuntimeFailure in the words for clients if it does not exist. */
  readonly open: (id: string) => Promise<{
    readonly file: StoredFile;
    readonly sha256: string;
    readonly content: FileHandle;
  }>;
}

/** Bytes of the files of one request, the limit of a body. Each use counts, since the prompt repeats the content. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Limit of one image in bytes of its base64 text, as in the API. */
const IMAGE_BYTES = 5 * 1024 * 1024;

/** Cached characters of contents: an agent sends its files again with every request. */
const KEPT_CHARACTERS = 64 * 1024 * 1024;

const CHUNK_BYTES = 192 * 1024;

type Source = BinarySource | DocumentPart['source'];
type FileSource = Extract<BinarySource, { kind: 'file' }>;

/** Content of a file: text, or base64 of anything else. */
interface Content {
  readonly file: StoredFile;
  readonly data: string;
}

/** Replaces the file sources of conversations by the contents of the files, so that they count like inline ones. */
export class FileSources {
  readonly #reader: FileReader | undefined;
  readonly #cache = new WeightedCache<string>(KEPT_CHARACTERS);

  /** @param reader undefined if the server stores no files */
  constructor(reader: FileReader | undefined) {
    this.#reader = reader;
  }

  /**
   * Returns the conversation with inline sources.
   *
   * @throws {resource-not-found} for an unknown, removed or expired file
   * @throws {invalid-request} for a file whose type does not fit its block
   * @throws {request-too-large} for files of more than 32 MB together
   */
  async inline(conversation: Conversation, signal: AbortSignal): Promise<Conversation> {
    if (!hasPart(conversation, needsFile)) return conversation;
    const request = new RequestFiles(this.#reader, this.#cache, signal);
    const turns = [];
    for (const turn of conversation.turns) {
      const isConcerned = hasPart({ ...conversation, turns: [turn] }, needsFile);
      turns.push(isConcerned ? { ...turn, parts: await request.inlineAll(turn.parts) } : turn);
    }
    return { ...conversation, turns };
  }
}

function needsFile(part: Part): boolean {
  if (part.kind === 'container-upload') return true;
  return (part.kind === 'image' || part.kind === 'document') && part.source.kind === 'file';
}

/** Files of one request, each of which is read once. */
class RequestFiles {
  readonly #reader: FileReader | undefined;
  readonly #cache: WeightedCache<string>;
  readonly #signal: AbortSignal;
  readonly #read = new Map<string, Content>();
  #bytes = 0;

  constructor(reader: FileReader | undefined, cache: WeightedCache<string>, signal: AbortSignal) {
    this.#reader = reader;
    this.#cache = cache;
    this.#signal = signal;
  }

  async inlineAll(parts: readonly Part[]): Promise<readonly Part[]> {
    const inlined: Part[] = [];
    for (const part of parts) inlined.push(await this.#inline(part));
    return inlined;
  }

  async #inline(part: Part): Promise<Part> {
    switch (part.kind) {
      case 'image':
        return part.source.kind === 'file' ? this.#image(part, part.source) : part;
      case 'document':
        return this.#document(part);
      case 'tool-result':
        return { ...part, output: await this.inlineAll(part.output) };
      case 'container-upload':
        return this.#upload(part);
      default:
        return part;
    }
  }

  async #image(part: ImagePart, source: FileSource): Promise<Part> {
    const { file, data } = await this.#content(source, isImage, 'an image block');
    if (data.length > IMAGE_BYTES) {
      const message = `image exceeds 5 MB maximum: ${data.length} bytes > ${IMAGE_BYTES} bytes`;
      throw refused(source, message);
    }
    return { ...part, source: toBase64(file, data) };
  }

  async #document(part: DocumentPart): Promise<Part> {
    const { source } = part;
    if (source.kind === 'content') {
      return { ...part, source: { ...source, parts: await this.inlineAll(source.parts) } };
    }
    if (source.kind !== 'file') return part;
    const { file, data } = await this.#content(source, isDocument, 'a document block');
    const inline: Source =
      file.mediaType === 'text/plain'
        ? { kind: 'text', text: data, fileId: file.id }
        : toBase64(file, data);
    return { ...part, source: inline };
  }

  /** Looks up the name of an upload. Its content is not for the model. */
  async #upload(part: ContainerUploadPart): Promise<Part> {
    const { file, content } = await this.#open({ kind: 'file', fileId: part.fileId });
    await content.close();
    return { ...part, fileName: file.name };
  }

  async #content(
    source: FileSource,
    fits: (mediaType: string) => boolean,
    block: string,
  ): Promise<Content> {
    const known = this.#read.get(source.fileId);
    if (known !== undefined) this.#countBytes(source, known.file);
    const content = known ?? (await this.#load(source, fits));
    if (!fits(content.file.mediaType)) throw wrongType(source, content.file, block);
    this.#read.set(source.fileId, content);
    return content;
  }

  async #load(source: FileSource, fits: (mediaType: string) => boolean): Promise<Content> {
    const { file, sha256, content } = await this.#open(source);
    try {
      // The caller refuses it by its type.
      if (!fits(file.mediaType)) return { file, data: '' };
      this.#countBytes(source, file);
      const known = this.#cache.get(sha256);
      const encoding = file.mediaType === 'text/plain' ? 'utf8' : 'base64';
      const data = known ?? (await readAll(content, encoding, this.#signal));
      this.#cache.set(sha256, data, data.length);
      return { file, data };
    } finally {
      await content.close();
    }
  }

  #countBytes(source: FileSource, { bytes }: StoredFile): void {
    this.#bytes += bytes;
    if (this.#bytes > MOST_BYTES) throw tooLarge(source, this.#bytes);
  }

  async #open(source: FileSource) {
    if (this.#reader === undefined) {
      throw refused(source, 'this server stores no files; send the content in the request');
    }
    return this.#reader.open(source.fileId);
  }
}

/** Reads a content in pieces, between which the event loop serves other requests. */
async function readAll(
  content: FileHandle,
  encoding: 'utf8' | 'base64',
  signal: AbortSignal,
): Promise<string> {
  const decoder = new StringDecoder(encoding);
  const texts: string[] = [];
  for (;;) {
    const { buffer, bytesRead } = await content.read(Buffer.allocUnsafe(CHUNK_BYTES));
    signal.throwIfAborted();
    if (bytesRead === 0) break;
    texts.push(decoder.write(buffer.subarray(0, bytesRead)));
  }
  const text = texts.join('') + decoder.end();
  return encoding === 'utf8' && text.startsWith('\ufeff') ? text.slice(1) : text;
}

function toBase64({ id, mediaType }: StoredFile, data: string): BinarySource {
  return { kind: 'base64', mediaType, data, fileId: id };
}

const IMAGES: readonly string[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

function isImage(mediaType: string): boolean {
  return IMAGES.includes(mediaType);
}

function isDocument(mediaType: string): boolean {
  return mediaType === 'text/plain' || mediaType === 'application/pdf';
}

function wrongType(source: FileSource, { id, mediaType }: StoredFile, block: string) {
  return refused(
    source,
    `the file type of ${id} does not match the block type: ${mediaType} can't be used in ${block}`,
  );
}

function refused(source: FileSource, message: string): RuntimeFailure {
  return new RuntimeFailure('invalid-request', message, { subject: subjectOf(source) });
}

function tooLarge(source: FileSource, bytes: number): RuntimeFailure {
  return new RuntimeFailure(
    'request-too-large',
    `the files of a request may have 32 MB: ${bytes} bytes > ${MOST_BYTES} bytes`,
    { subject: subjectOf(source) },
  );
}

function subjectOf({ at }: FileSource) {
  return at === undefined ? 'messages' : ({ at, source: 'file' } as const);
}
