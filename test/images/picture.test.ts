import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { checkPicture, loadSharp } from '../../src/images/picture.ts';
import { blank, claiming, colourAt, halves } from '../support/pictures.ts';
import { covers } from '../support/covers.ts';

const EDGE = 100;
const KINDS = ['png', 'jpeg', 'gif', 'webp'] as const;

async function sizeOf(picture: Uint8Array): Promise<readonly [number, number, string]> {
  const { width, height, format } = await sharp(picture).metadata();
  return [width, height, format];
}

describe('a picture within the limits', () => {
  covers('R4.5-untouched');

  it.each(['png', 'jpeg'] as const)('keeps its bytes: %s', async (kind) => {
    const bytes = await halves(EDGE, 20).toFormat(kind).toBuffer();
    const picture = await checkPicture(bytes, EDGE);
    expect(picture.bytes).toBe(bytes);
    expect(picture.mediaType).toBe(`image/${kind}`);
  });

  it('in CMYK is converted to sRGB', async () => {
    const bytes = await halves(EDGE, 20).toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const picture = await checkPicture(bytes, EDGE);
    expect(picture.mediaType).toBe('image/jpeg');
    expect(await sharp(picture.bytes).metadata()).toMatchObject({ space: 'srgb', width: EDGE });
    expect(await colourAt(picture.bytes, 5, 10)).toBe('red');
  });

  it('may have one pixel', async () => {
    const bytes = await halves(1, 1).png().toBuffer();
    expect((await checkPicture(bytes, EDGE)).bytes).toBe(bytes);
  });
});

describe('a picture', () => {
  covers('R4.5-downscale');

  it.each(KINDS)('above the limit is scaled down proportionally: %s', async (kind) => {
    const { bytes } = await checkPicture(await halves(400, 200).toFormat(kind).toBuffer(), EDGE);
    expect(await sizeOf(bytes)).toEqual([100, 50, kind === 'jpeg' ? 'jpeg' : 'png']);
    expect([await colourAt(bytes, 5, 25), await colourAt(bytes, 95, 25)]).toEqual(['red', 'blue']);
  });

  it('with a very long edge keeps one pixel on the other edge', async () => {
    const { bytes } = await checkPicture(await blank(4000, 2), EDGE);
    expect(await sizeOf(bytes)).toEqual([100, 1, 'png']);
  });

  it('is rotated by its EXIF orientation', async () => {
    const turned = await halves(60, 30).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const { bytes, mediaType } = await checkPicture(turned, EDGE);
    expect(mediaType).toBe('image/jpeg');
    expect(await sizeOf(bytes)).toEqual([30, 60, 'jpeg']);
    expect([await colourAt(bytes, 15, 5), await colourAt(bytes, 15, 55)]).toEqual(['red', 'blue']);
    expect((await sharp(bytes).metadata()).orientation ?? 1).toBe(1);
  });

  it.each(['gif', 'webp'] as const)('with animation becomes its first frame: %s', async (kind) => {
    const frames = await Promise.all(
      ['red', 'blue'].map((background) =>
        sharp({ create: { width: 20, height: 10, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const moving = await sharp(frames, { join: { animated: true } })
      .toFormat(kind)
      .toBuffer();
    expect((await sharp(moving).metadata()).pages).toBe(2);
    const { bytes, mediaType } = await checkPicture(moving, EDGE);
    expect(mediaType).toBe('image/png');
    expect(await sizeOf(bytes)).toEqual([20, 10, 'png']);
    expect(await colourAt(bytes, 10, 5)).toBe('red');
  });

  it('in WebP becomes PNG with the same pixels, including transparent ones', async () => {
    const create = { width: 8, height: 8, channels: 4, background: '#ff000080' } as const;
    const webp = await sharp({ create }).webp({ lossless: true }).toBuffer();
    const { bytes } = await checkPicture(webp, EDGE);
    const pixels = (picture: Uint8Array) => sharp(picture).raw().toBuffer();
    expect((await pixels(bytes)).equals(await pixels(webp))).toBe(true);
  });
});

describe('a large picture', () => {
  covers('R4.5-bombs');

  it.each([
    [12_000, 12_000],
    [8001, 1],
    [1, 8001],
  ])('is refused by its header for %d × %d pixels', async (width, height) => {
    await expect(checkPicture(await claiming(width, height), EDGE)).rejects.toMatchObject({
      code: 'invalid-request',
      message: 'At least one of the image dimensions exceed max allowed size: 8000 pixels',
    });
  });

  it('of the largest allowed size is scaled down', async () => {
    const { bytes } = await checkPicture(await blank(8000, 8000), EDGE);
    expect(await sizeOf(bytes)).toEqual([100, 100, 'png']);
  }, 60_000);

  it('is refused for too many bytes', async () => {
    await expect(checkPicture(Buffer.alloc(5_242_881), EDGE)).rejects.toThrow(
      'image exceeds 5 MB maximum: 5242881 bytes > 5242880 bytes',
    );
  });
});

describe('an invalid picture', () => {
  covers('R4.5-damaged');

  it.each(KINDS)('is refused if it is cut off: %s', async (kind) => {
    const whole = await halves(90, 90).toFormat(kind).toBuffer();
    for (const part of [13, 40, whole.length >> 1]) {
      await expect(checkPicture(whole.subarray(0, part), EDGE)).rejects.toMatchObject({
        code: 'invalid-request',
        message: expect.stringMatching(
          /^Could not process image: this [A-Z]+ is cut off/,
        ) as string,
      });
    }
  });

  it('is refused if only its first bytes are valid', async () => {
    const begins = Buffer.concat([(await blank(8, 8)).subarray(0, 8), Buffer.from('and no more')]);
    await expect(checkPicture(begins, EDGE)).rejects.toThrow(/^Could not process image: this PNG/);
  });

  it('is refused if it is of another type', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    await expect(checkPicture(svg, EDGE)).rejects.toThrow(
      'Could not process image: it is not a PNG, JPEG, GIF or WebP. Send one of these.',
    );
  });
});

it('explains what to install if the native part of sharp is missing', async () => {
  const missing = () => Promise.reject(new Error('Could not load the "sharp" module'));
  await expect(loadSharp(missing)).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('without `--omit=optional`'),
  });
});
