import { describe, expect, it } from 'vitest';
import type { BinarySource, ImagePart } from '../../src/core/conversation.ts';
import { createImageLoader } from '../../src/images/loader.ts';
import { claiming, halves, servePictures } from '../support/pictures.ts';
import { covers } from '../support/covers.ts';

covers('R4.5-file', 'R4.5-damaged');

const signal = AbortSignal.timeout(60_000);
const HERE = { mayContact: (address: string) => address === '127.0.0.1' };

const AT = 'messages.0.content.1.image';
const image = (source: BinarySource): ImagePart => ({ kind: 'image', source, at: AT });
const subject = (source: BinarySource['kind']) => ({ at: AT, source });
const base64 = (bytes: Uint8Array, mediaType = 'image/png'): ImagePart =>
  image({ kind: 'base64', mediaType, data: Buffer.from(bytes).toString('base64') });
const url = (address: string): ImagePart => image({ kind: 'url', url: address });

describe('an image in base64', () => {
  covers(
    'R4.5-base64',
    'R4.5-untouched',
    'R4.5-magic',
    'R4.5-downscale',
    'R4.5-kept',
    'R4.5-bombs',
  );

  it('is returned unchanged, with its place', async () => {
    const given = base64(await halves(20, 10).png().toBuffer());
    expect(await createImageLoader().load(given, signal)).toEqual(given);
  });

  it('gets the type of its bytes instead of the declared one', async () => {
    const png = await halves(20, 10).png().toBuffer();
    const loaded = await createImageLoader().load(base64(png, 'image/jpeg'), signal);
    expect(loaded).toEqual(base64(png));
  });

  it('is normalized to base64 without line breaks', async () => {
    const png = await halves(20, 10).png().toBuffer();
    const data = png.toString('base64').replaceAll(/.{60}/g, '$&\n');
    const loaded = image({ kind: 'base64', mediaType: 'image/png', data });
    expect(await createImageLoader().load(loaded, signal)).toEqual(base64(png));
  });

  it('is scaled down to 1568 pixels, or to the size of its model’s input', async () => {
    const large = base64(await halves(2000, 20).png().toBuffer());
    const loader = createImageLoader();
    const widthOf = async (edge?: number) => {
      const { source } = await loader.load(large, signal, edge);
      return Buffer.from(source.data, 'base64').readUInt32BE(16);
    };
    expect([await widthOf(), await widthOf(500), await widthOf()]).toEqual([1568, 500, 1568]);
  });

  it('is checked only once', async () => {
    const large = base64(await halves(1700, 20).webp().toBuffer());
    const loader = createImageLoader();
    const [first, second] = [await loader.load(large, signal), await loader.load(large, signal)];
    expect(second).toEqual(first);
    expect(second.source.data).toBe(first.source.data);
  });

  it.each([
    [
      'text that is not base64',
      'data:image/png;base64,AAAA',
      /^Could not process image: the data is not base64/,
    ],
    ['data that is not a picture', 'aGVsbG8=', /^Could not process image: it is not a PNG/],
  ])('is refused with its place for %s', async (_what, data, message) => {
    const refused = createImageLoader().load(
      image({ kind: 'base64', mediaType: 'image/png', data }),
      signal,
    );
    await expect(refused).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(message) as string,
      subject: subject('base64'),
    });
  });

  it('is refused with its place if it is too large', async () => {
    const bomb = base64(await claiming(12_000, 12_000));
    await expect(createImageLoader().load(bomb, signal)).rejects.toMatchObject({
      message: 'At least one of the image dimensions exceed max allowed size: 8000 pixels',
      subject: subject('base64'),
    });
  });

  it('is not decoded after the client disconnects', async () => {
    const controller = new AbortController();
    const loading = createImageLoader().load(
      base64(await halves(9, 9).png().toBuffer()),
      controller.signal,
    );
    controller.abort();
    await expect(loading).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('an image at a URL', () => {
  covers('R4.5-url', 'R4.5-kept', 'R4.5-private');

  it('becomes base64 with the type of its bytes', async () => {
    const png = await halves(20, 10).png().toBuffer();
    const address = await servePictures((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain' }).end(png),
    );
    expect(await createImageLoader(HERE).load(url(address), signal)).toEqual(base64(png));
  });

  it('is fetched once for repeated requests', async () => {
    let asked = 0;
    const png = await halves(20, 10).png().toBuffer();
    const address = await servePictures((_request, response) => {
      asked += 1;
      response.end(png);
    });
    const loader = createImageLoader(HERE);
    for (let turn = 0; turn < 3; turn += 1) await loader.load(url(address), signal);
    expect(asked).toBe(1);
  });

  it('is refused with its place if it is not a picture', async () => {
    const address = await servePictures((_request, response) =>
      response.writeHead(200, { 'content-type': 'image/png' }).end('<!doctype html>'),
    );
    await expect(createImageLoader(HERE).load(url(address), signal)).rejects.toMatchObject({
      message: expect.stringMatching(/^Could not process image: it is not a PNG/) as string,
      subject: subject('url'),
    });
  });

  it('is not fetched from this machine by default', async () => {
    const address = await servePictures(() => expect.unreachable('it was contacted'));
    await expect(createImageLoader().load(url(`${address}/a.png`), signal)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Unable to download the file http:\/\/127\.0\.0\.1:\d+\/a\.png: 127\.0\.0\.1 is not a public address/,
      ) as string,
      subject: subject('url'),
    });
  });
});

it('refuses an image of the files store with its place', async () => {
  const stored = image({ kind: 'file', fileId: 'file_1' });
  await expect(createImageLoader().load(stored, signal)).rejects.toMatchObject({
    message: expect.stringMatching(/^file_1 can't be used/) as string,
    subject: subject('file'),
  });
});
