import sharp from 'sharp';
import type { ImagePart } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import { imageSubject } from '../../../core/parts.ts';
import { kindOf } from '../../../images/kind.ts';
import { MAX_EDGE } from '../../../images/limits.ts';

/** Transparent pixels are composited onto white. */
const BACKGROUND = '#ffffff';

const DECODE_TIMEOUT_SECONDS = 20;

/**
 * Converts a picture for the vision encoder: a PNG in a data URL, upright, without transparency, and of exactly the
 * encoder's size if it has one. Other data must never reach the addon: it opens any other text as a local file, and
 * runs a program for unknown bytes.
 *
 * @param size edge in pixels of the encoder's square; undefined if it accepts any size
 * @throws {RuntimeFailure} `invalid-request` if the picture can't be decoded
 */
export async function fitPicture(image: ImagePart, size: number | undefined): Promise<string> {
  const { source } = image;
  const bytes = Buffer.from(source.kind === 'base64' ? source.data : '', 'base64');
  if (kindOf(bytes) === undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      'Could not process image: it is not a PNG, JPEG, GIF or WebP. Send one of these as base64.',
      { subject: imageSubject(image) },
    );
  }
  try {
    const upright = sharp(bytes, { failOn: 'error', limitInputPixels: MAX_EDGE * MAX_EDGE })
      .timeout({ seconds: DECODE_TIMEOUT_SECONDS })
      .autoOrient()
      .flatten({ background: BACKGROUND })
      .toColourspace('srgb');
    const fitted =
      size === undefined
        ? upright
        : upright.resize(size, size, { fit: 'contain', background: BACKGROUND });
    // Fast compression: the picture is only passed to the addon.
    const png = await fitted.png({ compressionLevel: 1 }).toBuffer();
    return `data:image/png;base64,${png.toString('base64')}`;
  } catch (error) {
    throw new RuntimeFailure(
      'invalid-request',
      'Could not process image: it is cut off, damaged or too large. Send the complete file.',
      { cause: error, subject: imageSubject(image) },
    );
  }
}
