import { describe, expect, it } from 'vitest';
import { createPdfReader } from '../../src/documents/pdf-process.ts';
import type { PdfPage } from '../../src/documents/pdf-protocol.ts';
import { writeBomb, writePdf } from '../support/pdf.ts';

const module = new URL('../../dist/documents/pdf-child.js', import.meta.url);
const signal = AbortSignal.timeout(120_000);
const read = createPdfReader(module);

function readBytes(bytes: Buffer, longestEdge?: number): Promise<readonly PdfPage[]> {
  const data = bytes.toString('base64');
  return read({ data, ...(longestEdge !== undefined && { longestEdge }) }, signal);
}

describe('the process that reads a PDF', () => {
  it('returns the text of each page with its lines', async () => {
    const pages = await readBytes(writePdf([{ lines: ['One (1)', 'Two'] }, 'Three']));
    expect(pages).toEqual([{ text: 'One (1)\nTwo' }, { text: 'Three' }]);
  });

  it('reads base64 with line breaks of any width', async () => {
    const data = writePdf(['One']).toString('base64').replaceAll(/.{61}/g, '$&\r\n');
    expect(await read({ data }, signal)).toEqual([{ text: 'One' }]);
  });

  it('counts the pages itself if a file claims to have a billion', async () => {
    const pages = await readBytes(writePdf(['One'], { claimedPages: 1e9 }));
    expect(pages).toEqual([{ text: 'One' }]);
  });

  it('lets a client leave while another PDF is read', async () => {
    const data = writePdf(['One']).toString('base64');
    let isFirstRead = false;
    const first = read({ data }, signal).then(() => (isFirstRead = true));
    const leaving = new AbortController();
    const waiting = read({ data }, leaving.signal);
    leaving.abort();
    await expect(waiting).rejects.toThrow();
    expect(isFirstRead).toBe(false);
    await first;
  });

  it('draws each page as a JPEG of the requested size', async () => {
    const { default: sharp } = await import('sharp');
    const [page] = await readBytes(writePdf([{ lines: [''], colour: [1, 0, 0] }]), 300);
    const picture = sharp(Buffer.from(page?.picture ?? '', 'base64'));
    expect(await picture.metadata()).toMatchObject({ format: 'jpeg', width: 300, height: 300 });
    const { dominant } = await picture.stats();
    expect(dominant.r).toBeGreaterThan(200);
    expect(dominant.g).toBeLessThan(50);
  });

  it.each([
    ['no PDF', Buffer.from('no PDF'), 'invalid'],
    ['a PDF without its end', writePdf(['One']).subarray(0, 60), 'invalid'],
    ['a PDF with a password', writePdf(['One'], { encrypted: true }), 'encrypted'],
    ['a PDF with too many pages', writePdf(Array.from({ length: 601 }, () => '')), 'pages'],
  ])('reports the fault of %s', async (_, bytes, fault) => {
    await expect(readBytes(bytes)).rejects.toMatchObject({ name: 'PdfFailure', fault });
  });

  it('ends a PDF whose content decompresses to too much', async () => {
    const careful = createPdfReader(module, { memoryBytes: 2 ** 28 });
    const data = writeBomb(2 ** 27).toString('base64');
    await expect(careful({ data }, signal)).rejects.toMatchObject({ fault: 'memory' });
  });

  it('ends a PDF that takes too long, and reads the next', async () => {
    const hasty = createPdfReader(module, { textTimeoutMs: 1 });
    const data = writePdf(['One']).toString('base64');
    await expect(hasty({ data }, signal)).rejects.toMatchObject({ fault: 'time' });
    expect(await read({ data }, signal)).toEqual([{ text: 'One' }]);
  });

  it('ends with its client', async () => {
    const client = new AbortController();
    const reading = read({ data: writeBomb(2 ** 26).toString('base64') }, client.signal);
    setImmediate(() => client.abort(new Error('gone')));
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  });
});
