import { htmlText } from './html-text.ts';

/** Page as its server sent it. */
export interface SentPage {
  readonly url: string;
  readonly kind: 'html' | 'text';
  /** Charset that the server names. If it is missing or unknown, the page is read as UTF-8. */
  readonly charset: string | undefined;
  readonly bytes: Uint8Array;
}

/** Text of a page for a model. */
export interface PageText {
  readonly title: string | null;
  readonly text: string;
}

/** Converts a page to text: HTML to its title and text, other text unchanged. */
export function pageText({ url, kind, charset, bytes }: SentPage): PageText {
  const text = decode(bytes, charset);
  return kind === 'html' ? htmlText(text, url) : { title: null, text };
}

function decode(bytes: Uint8Array, charset: string | undefined): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
