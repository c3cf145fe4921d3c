import type { Metadata, Sharp } from 'sharp';
import { RuntimeFailure } from '../core/failure.ts';
import type { FailureDetails } from '../core/failure.ts';
import { kindOf, MEDIA_TYPES } from './kind.ts';
import type { PictureKind } from './kind.ts';
import { MAX_BYTES, MAX_EDGE, tooManyBytes } from './limits.ts';

/** Decodable picture of a kind that every vision server accepts. */
export interface Picture {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Time limit of decoding; a picture of the largest size takes a second or two. */
const DECODE_TIMEOUT_SECONDS = 20;

/** Kinds that stay unchanged. Others become PNG: llama.cpp does not read WebP, and no server animates GIFs. */
const PASSED_ON: readonly PictureKind[] = ['png', 'jpeg'];

/**
 * Checks a picture, and converts it to the form that models accept: upright, one frame, not larger than
 * the model's input. A picture in this form is returned unchanged.
 *
 * @param longestEdge pixels above which the picture is scaled down
 * @throws RuntimeFailure `invalid-request` in the API's wording, without the picture's place
 */
export async function checkPicture(bytes: Uint8Array, longestEdge: number): Promise<Picture> {
  if (bytes.length > MAX_BYTES) throw refusal(tooManyBytes(bytes.length));
  const kind = kindOf(bytes);
  if (kind === undefined) {
    throw refusal(
      'Could not process image: it is not a PNG, JPEG, GIF or WebP. Send one of these.',
    );
  }
  const sharp = await loadSharp(() => import('sharp'));
  // sharp's cache helps only if files are read repeatedly.
  sharp.cache(false);
  const open = (limitInputPixels: number | false): Sharp =>
    sharp(bytes, { failOn: 'error', limitInputPixels });
  try {
    // Only the header is read: the size is known before anything is decoded.
    const header = await open(false).metadata();
    checkSize(header);
    const image = open(MAX_EDGE * MAX_EDGE).timeout({ seconds: DECODE_TIMEOUT_SECONDS });
    if (isPassedOn(kind, header, longestEdge)) {
      await image.resize(8, 8).raw().toBuffer();
      return { mediaType: MEDIA_TYPES[kind], bytes };
    }
    return await redrawn(image, kind, longestEdge);
  } catch (error) {
    if (error instanceof RuntimeFailure) throw error;
    const reason = `Could not process image: this ${kind.toUpperCase()} is cut off or damaged. Send the complete file.`;
    throw refusal(reason, { cause: error });
  }
}

/**
 * Imports the library for pictures. Its native part is an optional package.
 *
 * @throws {unsupported} if that is not installed
 */
export async function loadSharp<T>(load: () => Promise<{ readonly default: T }>): Promise<T> {
  try {
    return (await load()).default;
  } catch (error) {
    throw new RuntimeFailure(
      'unsupported',
      'Could not process image: this installation lacks the optional packages of sharp. Install Portico ' +
        'again without `--omit=optional`, or leave the images out.',
      { cause: error },
    );
  }
}

function checkSize({ width, height }: Metadata): void {
  if (Math.max(width, height) > MAX_EDGE) {
    throw refusal(
      `At least one of the image dimensions exceed max allowed size: ${MAX_EDGE} pixels`,
      { details: { error_code: 'image_dimensions_too_large', max_side_length_pixels: MAX_EDGE } },
    );
  }
}

function isPassedOn(kind: PictureKind, header: Metadata, longestEdge: number): boolean {
  const { width, height, orientation = 1, space } = header;
  // Web decoders do not read CMYK.
  const isPlain = orientation === 1 && space !== 'cmyk';
  return PASSED_ON.includes(kind) && isPlain && Math.max(width, height) <= longestEdge;
}

/** Rotates by the camera's EXIF orientation, which many servers ignore. */
async function redrawn(image: Sharp, kind: PictureKind, longestEdge: number): Promise<Picture> {
  const drawn = image.autoOrient().toColourspace('srgb').resize({
    width: longestEdge,
    height: longestEdge,
    fit: 'inside',
    withoutEnlargement: true,
  });
  return kind === 'jpeg'
    ? { mediaType: MEDIA_TYPES.jpeg, bytes: await drawn.jpeg({ quality: 92 }).toBuffer() }
    : { mediaType: MEDIA_TYPES.png, bytes: await drawn.png().toBuffer() };
}

function refusal(message: string, details: FailureDetails = {}): RuntimeFailure {
  return new RuntimeFailure('invalid-request', message, details);
}
