/** First bytes, as Latin-1, of formats whose media type matters to clients or models. */
const MAGIC: readonly (readonly [string, string])[] = [
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['PK\x03\x04', 'application/zip'],
  ['\x1f\x8b', 'application/gzip'],
];

const HEAD_BYTES = 1024;

/** Control characters that texts do not contain. */
// oxlint-disable-next-line no-control-regex
const BINARY = /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/;

/** Detects the media type of a content from its bytes, piece by piece. */
export class MediaTypeDetector {
  #head = '';
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #isText = true;

  add(bytes: Uint8Array): void {
    if (this.#head.length < HEAD_BYTES) {
      const missing = bytes.subarray(0, HEAD_BYTES - this.#head.length);
      this.#head += Buffer.from(missing).toString('latin1');
    }
    if (this.#isText) this.#isText = this.#decodes(bytes);
  }

  /** Returns the media type after all bytes were added. UTF-8 without control characters is text. */
  end(): string {
    const known = byMagic(this.#head);
    if (known !== undefined) return known;
    return this.#isText && this.#decodes() ? 'text/plain' : 'application/octet-stream';
  }

  #decodes(bytes?: Uint8Array): boolean {
    try {
      return !BINARY.test(this.#decoder.decode(bytes, { stream: bytes !== undefined }));
    } catch {
      return false;
    }
  }
}

function byMagic(head: string): string | undefined {
  // Readers of PDF accept other bytes before the header.
  if (head.includes('%PDF-')) return 'application/pdf';
  if (/^RIFF[^]{4}WEBP/.test(head)) return 'image/webp';
  return MAGIC.find(([start]) => head.startsWith(start))?.[1];
}
