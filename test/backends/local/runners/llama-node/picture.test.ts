import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fitPicture } from '../../../../../src/backends/local/pictures/picture.ts';
import type { ImagePart } from '../../../../../src/core/conversation.ts';
import { blank, claiming, colourAt, halves } from '../../../../support/pictures.ts';
import { imageOf } from './sights.ts';
import { covers } from '../../../../support/covers.ts';

const EDGE = 64;

/** The pixels that a model gets of a picture. */
async function fitted(bytes: Uint8Array, edge: number | undefined = EDGE): Promise<Buffer> {
  const url = await fitPicture(imageOf(bytes), edge);
  const [, data = ''] = /^data:image\/png;base64,([A-Za-z0-9+/=]+)$/.exec(url) ?? [];
  return Buffer.from(data, 'base64');
}

describe('a picture for the vision encoder', () => {
  covers('R7.2-fitted', 'R7.3-kinds');

  it.each(['png', 'jpeg', 'gif', 'webp'] as const)(
    'is a PNG of exactly their size: %s',
    async (kind) => {
      const png = await fitted(await halves(300, 150).toFormat(kind).toBuffer());
      expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 64, height: 64 });
      expect([await colourAt(png, 4, 32), await colourAt(png, 60, 32)]).toEqual(['red', 'blue']);
    },
  );

  it('keeps its proportions on white', async () => {
    const { data } = await sharp(await fitted(await halves(300, 150).png().toBuffer()))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
  });

  it('keeps its size if the encoder accepts any', async () => {
    const png = await fitPicture(imageOf(await halves(300, 150).png().toBuffer()), undefined);
    const bytes = Buffer.from(png.split(',')[1] ?? '', 'base64');
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 300, height: 150 });
  });

  it('that is transparent is composited onto white', async () => {
    const create = { width: 64, height: 64, channels: 4, background: '#ff000000' } as const;
    const png = await fitted(await sharp({ create }).png().toBuffer());
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(3);
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
  });

  it('that is turned by its EXIF is upright', async () => {
    const turned = await halves(64, 64).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const png = await fitted(turned);
    expect([await colourAt(png, 32, 4), await colourAt(png, 32, 60)]).toEqual(['red', 'blue']);
  });

  it('of one colour channel is one of three', async () => {
    const grey = await halves(64, 64).greyscale().png().toBuffer();
    expect((await sharp(await fitted(grey)).metadata()).channels).toBe(3);
  });

  it('that is animated is its first frame', async () => {
    const frames = await Promise.all(
      ['red', 'blue'].map((background) =>
        sharp({ create: { width: 64, height: 64, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const moving = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect(await colourAt(await fitted(moving), 32, 32)).toBe('red');
  });
});

const truncated = (await halves(300, 150).png().toBuffer()).subarray(0, 120);
const huge = await blank(12_000, 12_000);
const lying = await claiming(60_000, 60_000);
const path = new URL('../../../../fixtures/tower.gguf', import.meta.url).pathname;
const named = (source: ImagePart['source']): ImagePart => ({
  kind: 'image',
  source,
  at: 'messages.0.content.0.image',
});

describe('an image that never reaches the vision encoder', () => {
  covers('R7.2-refused');

  it.each([
    ['garbage', imageOf(Buffer.from('garbage of any kind, and long enough'))],
    ['nothing', imageOf(Buffer.alloc(0))],
    ['a picture that is cut off', imageOf(truncated)],
    ['a beginning without a picture', imageOf(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))],
    ['one of 12000 × 12000 pixels', imageOf(huge)],
    ['one that claims to have more', imageOf(lying)],
    ['a path', named({ kind: 'base64', mediaType: 'image/png', data: path })],
    ['a URL', named({ kind: 'url', url: pathToFileURL(path).href })],
    [
      'a URL in the place of base64',
      named({ kind: 'base64', mediaType: 'image/png', data: 'http://127.0.0.1/a.png' }),
    ],
    ['a file', named({ kind: 'file', fileId: path })],
  ])('%s', async (_case, image) => {
    const refused = fitPicture(image, EDGE);
    await expect(refused).rejects.toMatchObject({
      code: 'invalid-request',
      subject: { at: 'messages.0.content.0.image' },
    });
    await expect(refused).rejects.toThrow(/^Could not process image: .+ Send .+\.$/);
  });
});
