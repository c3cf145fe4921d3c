import { createRequire } from 'node:module';
import path from 'node:path';
import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist';
import { MAX_CHARACTERS, MAX_DRAWN_PAGES, MAX_PAGES } from './limits.ts';
import type { PdfCommand, PdfReply } from './pdf-protocol.ts';

const require = createRequire(import.meta.url);

/** Pixels of a picture inside a page above which it is left out. */
const MOST_IMAGE_PIXELS = 2 ** 26;

const JPEG_QUALITY = 85;

/** Package that draws pages. */
interface CanvasLibrary {
  readonly createCanvas: (
    width: number,
    height: number,
  ) => {
    width: number;
    height: number;
    toBuffer(mediaType: 'image/jpeg', quality: number): Buffer;
  };
}

/** Reads a PDF page by page. The caller limits time and memory. */
export async function* readPdf({ data, longestEdge }: PdfCommand): AsyncGenerator<PdfReply> {
  try {
    const canvas = await importCanvas();
    // pdf.js makes a matrix when it is imported, which only pictures need.
    if (canvas === undefined) Object.assign(globalThis, { DOMMatrix: Object });
    const pdf = await openPdf(data);
    yield* readPages(pdf, (page) =>
      canvas === undefined || longestEdge === undefined
        ? undefined
        : pictureOf(page, longestEdge, canvas),
    );
  } catch (error) {
    const isEncrypted = error instanceof Error && error.name === 'PasswordException';
    yield { kind: 'fault', fault: isEncrypted ? 'encrypted' : 'invalid' };
  }
}

async function* readPages(
  pdf: PDFDocumentProxy,
  draw: (page: PDFPageProxy) => Promise<string> | undefined,
): AsyncGenerator<PdfReply> {
  if (pdf.numPages > MAX_PAGES) {
    yield { kind: 'fault', fault: 'pages' };
    return;
  }
  let characters = 0;
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number);
    const text = await textOf(page);
    characters += text.length;
    if (characters > MAX_CHARACTERS) {
      yield { kind: 'fault', fault: 'text' };
      return;
    }
    const picture = pdf.numPages > MAX_DRAWN_PAGES ? undefined : await draw(page);
    page.cleanup();
    yield { kind: 'page', page: { text, ...(picture !== undefined && { picture }) } };
  }
  yield { kind: 'end' };
}

/** Imports the package that draws pages; undefined if it is not installed, since it is optional. */
async function importCanvas(): Promise<CanvasLibrary | undefined> {
  try {
    const library: CanvasLibrary = await import('@napi-rs/canvas');
    return library;
  } catch {
    return undefined;
  }
}

async function openPdf(data: string): Promise<PDFDocumentProxy> {
  const folder = path.dirname(require.resolve('pdfjs-dist/package.json'));
  const { getDocument } = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const task = getDocument({
    data: new Uint8Array(Buffer.from(data, 'base64')),
    cMapUrl: `${folder}/cmaps/`,
    standardFontDataUrl: `${folder}/standard_fonts/`,
    wasmUrl: `${folder}/wasm/`,
    isEvalSupported: false,
    useSystemFonts: false,
    maxImageSize: MOST_IMAGE_PIXELS,
    verbosity: 0,
  });
  const pdf: PDFDocumentProxy = await task.promise;
  return pdf;
}

/** Text of a page in its reading order, with its line breaks. */
async function textOf(page: PDFPageProxy): Promise<string> {
  const { items } = await page.getTextContent();
  const pieces = items.map((item) =>
    'str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : '',
  );
  return pieces.join('').trim();
}

async function pictureOf(
  page: PDFPageProxy,
  longestEdge: number,
  { createCanvas }: CanvasLibrary,
): Promise<string> {
  const { width, height } = page.getViewport({ scale: 1 });
  const viewport = page.getViewport({ scale: longestEdge / Math.max(width, height) });
  const canvas = createCanvas(viewport.width, viewport.height);
  await page.render({ canvas, viewport }).promise;
  const picture = canvas.toBuffer('image/jpeg', JPEG_QUALITY).toString('base64');
  // Frees the pixels now. They are no part of the heap, so the garbage collector is late.
  canvas.width = 0;
  canvas.height = 0;
  return picture;
}
