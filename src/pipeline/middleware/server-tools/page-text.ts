import { htmlText } from './html-text.ts';

/** A page as its server sent it. */
export interface SentPage {
  readonly url: string;
  readonly kind: 'html' | 'text';
  /** As the server names it; a page without one, or with an unknown one, is read as UTF-8. */
  readonly charset: string | undefined;
  readonly bytes: Uint8Array;
}

/** The part of a page that a model can read. */
export interface PageText {
  readonly title: string | null;
  readonly text: string;
}

/** Title and text of a page: HTML as its text, other text as it is. */
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
