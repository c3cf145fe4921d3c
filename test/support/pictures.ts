import type { RequestListener } from 'node:http';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { onTestFinished } from 'vitest';
import { serve } from './upstream/replay.ts';

/** A picture whose left half is red and whose right half is blue. */
export function halves(width: number, height: number): Sharp {
  const half = Math.ceil(width / 2);
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < width * height; at += 1) {
    pixels[at * 3 + (at % width < half ? 0 : 2)] = 255;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** A file of one colour, small however large the picture is. */
export function blank(width: number, height: number): Promise<Buffer> {
  const create = { width, height, channels: 3, background: 'red' } as const;
  return sharp({ create, limitInputPixels: false }).png().toBuffer();
}

/** A PNG that says in its header that it is so large, and has the pixels of one that is not. */
export async function claiming(width: number, height: number): Promise<Buffer> {
  const png = await blank(1, 1);
  // Signature, then the length and name of IHDR, its width and height, five more bytes, its checksum.
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

/** The colour of a pixel, `red` or `blue`, as a decoder sees it that heeds no EXIF. */
export async function colourAt(picture: Uint8Array, x: number, y: number): Promise<string> {
  const { data, info } = await sharp(picture)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (y * info.width + x) * info.channels;
  return (data[at] ?? 0) > (data[at + 2] ?? 0) ? 'red' : 'blue';
}

/** Starts a web server of the test; returns its base URL. */
export async function servePictures(listener: RequestListener): Promise<string> {
  const server = await serve(listener);
  onTestFinished(() => server.close());
  return server.url;
}
