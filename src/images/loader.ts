import { createHash } from 'node:crypto';
import { cancelled } from '../core/abort.ts';
import type { ImagePart } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/failure.ts';
import { imageSubject } from '../core/parts.ts';
import { decodeBase64 } from './base64.ts';
import type { ContactRules } from '../net/public-fetch.ts';
import { WeightedCache } from '../core/weighted-cache.ts';
import { DEFAULT_LONGEST_EDGE } from './limits.ts';
import type { Picture } from './picture.ts';

type PictureSource = Extract<ImagePart['source'], { kind: 'base64' }>;

/** Image part with inline data. */
export interface LoadedImage extends ImagePart {
  readonly source: PictureSource;
}

export interface ImageLoader {
  /**
   * Returns the image with a checked picture, which is fetched first if its source is a URL. A picture that
   * needs no change keeps its bytes.
   *
   * @param longestEdge pixels above which the picture is scaled down
   * @throws RuntimeFailure `invalid-request` whose subject is the image, `cancelled` on abort
   */
  load(image: ImagePart, signal: AbortSignal, longestEdge?: number): Promise<LoadedImage>;
}

/** Cached characters of base64: an agent sends its pictures again with every request. */
const KEPT_CHARACTERS = 32 * 1024 * 1024;

/** Lifetime of fetched pictures: enough for a conversation, and short enough to notice a replaced picture. */
const FETCHED_LIFETIME_MS = 300_000;

const FETCH_TIMEOUT_MS = 15_000;

/** Result of a check; without data, the picture is used unchanged. */
interface Checked {
  readonly mediaType: string;
  readonly data: string | undefined;
}

/** @param rules addresses that a URL may lead to; default: public ones */
export function createImageLoader(rules: Partial<ContactRules> = {}): ImageLoader {
  const checked = new WeightedCache<Checked>(KEPT_CHARACTERS);
  const fetched = new WeightedCache<PictureSource>(KEPT_CHARACTERS, FETCHED_LIFETIME_MS);
  const check = createChecker();

  const fromBase64 = async (data: string, edge: number, signal: AbortSignal) => {
    const key = `${edge} ${createHash('sha256').update(data).digest('base64')}`;
    const known = checked.get(key);
    if (known !== undefined) return sourceOf(known.mediaType, known.data ?? data);
    const bytes = decodeBase64(data);
    if (bytes === undefined) throw new RuntimeFailure('invalid-request', NO_BASE64);
    const picture = await check(bytes, edge, signal);
    const text = Buffer.from(picture.bytes).toString('base64');
    const changed = text === data ? undefined : text;
    checked.set(key, { mediaType: picture.mediaType, data: changed }, key.length + text.length);
    return sourceOf(picture.mediaType, text);
  };

  const fromUrl = async (url: string, edge: number, signal: AbortSignal) => {
    const key = `${edge} ${url}`;
    const known = fetched.get(key);
    if (known !== undefined) return known;
    const picture = await check(await bytesAt(url, rules, signal), edge, signal);
    const source = sourceOf(picture.mediaType, Buffer.from(picture.bytes).toString('base64'));
    fetched.set(key, source, key.length + source.data.length);
    return source;
  };

  return {
    async load(image, signal, longestEdge = DEFAULT_LONGEST_EDGE) {
      const { source } = image;
      switch (source.kind) {
        case 'base64':
          return placed(image, fromBase64(source.data, longestEdge, signal));
        case 'url':
          return placed(image, fromUrl(source.url, longestEdge, signal));
        case 'file':
          return placed(image, noFiles(source.fileId));
        default:
          return source satisfies never;
      }
    },
  };
}

const NO_BASE64 =
  'Could not process image: the data is not base64. Send only the base64, without data:…;base64, before it.';

async function noFiles(fileId: string): Promise<never> {
  throw new RuntimeFailure(
    'unsupported',
    `${fileId} can't be used: this server has no files store. Send the picture as base64 or by its URL.`,
  );
}

/** Processes one picture at a time: decoding a large one takes hundreds of megabytes. */
function createChecker() {
  let last: Promise<unknown> = Promise.resolve();
  return async (bytes: Uint8Array, edge: number, signal: AbortSignal): Promise<Picture> => {
    const { checkPicture } = await import('./picture.ts');
    const turn = last.then(() => {
      if (!signal.aborted) return checkPicture(bytes, edge);
      throw cancelled(signal.reason);
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** Imported lazily: most servers never fetch a picture. */
async function bytesAt(
  url: string,
  rules: Partial<ContactRules>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const [{ downloadPicture }, { resolveHost }, { isPublicAddress }] = await Promise.all([
    import('./download.ts'),
    import('../net/public-fetch.ts'),
    import('../net/addresses.ts'),
  ]);
  const defaults = {
    mayContact: isPublicAddress,
    resolve: resolveHost,
    timeoutMs: FETCH_TIMEOUT_MS,
  };
  return downloadPicture(url, { ...defaults, ...rules }, signal);
}

function sourceOf(mediaType: string, data: string): PictureSource {
  return { kind: 'base64', mediaType, data };
}

/** Replaces the source of an image. The image's source is the subject of a failure. */
async function placed(image: ImagePart, source: Promise<PictureSource>): Promise<LoadedImage> {
  try {
    return { ...image, source: await source };
  } catch (error) {
    if (!(error instanceof RuntimeFailure) || error.code === 'cancelled') throw error;
    const { details } = error;
    throw new RuntimeFailure(error.code, error.message, {
      cause: error,
      subject: imageSubject(image, sourceKind(image)),
      ...(details !== undefined && { details: { ...details, paths: [blockPath(image)] } }),
    });
  }
}

/** Kind of source that the client sent. */
function sourceKind({ source }: ImagePart): ImagePart['source']['kind'] {
  return source.kind === 'base64' && source.fileId !== undefined ? 'file' : source.kind;
}

/** Place of the image without the types of its blocks: `messages.0.content.1.content.0`. */
function blockPath({ at = 'image' }: ImagePart): string {
  return at
    .split('.')
    .filter((segment) => ['messages', 'content'].includes(segment) || /^\d+$/.test(segment))
    .join('.');
}
