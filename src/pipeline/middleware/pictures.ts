import type { GenerationRequest } from '../../core/backend.ts';
import type { DocumentPart, ImagePart, Part } from '../../core/conversation.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { imagesOf } from '../../core/parts.ts';
import { MAX_IMAGES } from '../../images/limits.ts';
import type { ImageLoader } from '../../images/loader.ts';
import type { GenerationMiddleware } from '../middleware.ts';

/** Number of images that are fetched concurrently. */
const AT_ONCE = 8;

/**
 * Middleware that prepares images for all backends: checked and in base64. Images of a document are moved
 * after it, because models read documents as text.
 *
 * @throws {RuntimeFailure} `invalid-request` if an image can't be used
 */
export function pictures(loader: ImageLoader): GenerationMiddleware {
  return (next) =>
    async function* loadPictures(request, context) {
      const images = imagesOf(request.conversation);
      const loaded =
        images.length === 0 ? request : await withPictures(request, images, loader, context.signal);
      yield* next(loaded, context);
    };
}

async function withPictures(
  request: GenerationRequest,
  images: readonly ImagePart[],
  loader: ImageLoader,
  signal: AbortSignal,
): Promise<GenerationRequest> {
  if (images.length > MAX_IMAGES) {
    throw new RuntimeFailure(
      'invalid-request',
      `Too much media: 0 document pages + ${images.length} images > ${MAX_IMAGES}`,
      { subject: 'messages' },
    );
  }
  const { imageLongestEdge } = request.model;
  const load = (image: ImagePart, either: AbortSignal) =>
    loader.load(image, either, imageLongestEdge);
  const loaded = await loadAll(images, load, signal);
  const { conversation } = request;
  const turns = conversation.turns.map((turn) => ({
    ...turn,
    parts: replaceImages(turn.parts, loaded),
  }));
  return { ...request, conversation: { ...conversation, turns } };
}

type Loaded = ReadonlyMap<ImagePart, ImagePart>;

/**
 * Loads images, several concurrently. The first failure ends the others. If images are too large, the
 * failure lists all of these.
 */
async function loadAll(
  images: readonly ImagePart[],
  load: ImageLoader['load'],
  signal: AbortSignal,
): Promise<Loaded> {
  const loaded = new Map<ImagePart, ImagePart>();
  const tooLarge = new Map<ImagePart, RuntimeFailure>();
  const waiting = images.values();
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const work = async (): Promise<void> => {
    for (const image of waiting) {
      try {
        loaded.set(image, await load(image, either));
      } catch (error) {
        if (!isTooLarge(error)) throw error;
        tooLarge.set(image, error);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } catch (error) {
    failed.abort();
    throw error;
  }
  const failures = images.flatMap((image) => tooLarge.get(image) ?? []);
  if (failures.length > 0) throw together(failures);
  return loaded;
}

function isTooLarge(error: unknown): error is RuntimeFailure {
  return (
    error instanceof RuntimeFailure &&
    error.details?.['error_code'] === 'image_dimensions_too_large'
  );
}

/** Joins failures: the first one, with the places of all. */
function together(failures: readonly RuntimeFailure[]): RuntimeFailure {
  const [first] = failures;
  const paths = failures.flatMap(({ details }) => details?.['paths'] ?? []);
  return new RuntimeFailure('invalid-request', first?.message ?? '', {
    cause: first,
    subject: first?.subject,
    details: { ...first?.details, paths },
  });
}

function replaceImages(parts: readonly Part[], loaded: Loaded): readonly Part[] {
  return parts.flatMap((part): readonly Part[] => {
    if (part.kind === 'image') return [loaded.get(part) ?? part];
    if (part.kind === 'tool-result') {
      return [{ ...part, output: replaceImages(part.output, loaded) }];
    }
    return part.kind === 'document' ? withImagesAfter(part, loaded) : [part];
  });
}

/** Moves the images of a document after it. Text replaces them, so that the blocks keep their numbers for citations. */
function withImagesAfter(document: DocumentPart, loaded: Loaded): readonly Part[] {
  const { source } = document;
  if (source.kind !== 'content') return [document];
  const images = source.parts.filter((part) => part.kind === 'image');
  if (images.length === 0) return [document];
  const parts = source.parts.map((part): Part => {
    if (part.kind !== 'image') return part;
    const text = `[picture ${images.indexOf(part) + 1} of ${images.length}, after this document]`;
    return { kind: 'text', text };
  });
  return [{ ...document, source: { kind: 'content', parts } }, ...replaceImages(images, loaded)];
}
