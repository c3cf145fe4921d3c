/** PDF to read. It crosses the border of a process. */
export interface PdfCommand {
  /** The file, in base64. */
  readonly data: string;
  /** Pixels along the longer edge of the pages' pictures; absent for text alone. */
  readonly longestEdge?: number;
}

/** Page of a PDF. */
export interface PdfPage {
  readonly text: string;
  /** JPEG in base64; absent if none was requested, or if the library for it is not installed. */
  readonly picture?: string;
}

/** Reason why a PDF can't be read. */
export type PdfFault = 'invalid' | 'encrypted' | 'pages' | 'text' | 'memory' | 'time';

/** Message of the process that reads a PDF: its pages one by one, then the end or a fault. */
export type PdfReply =
  | { readonly kind: 'page'; readonly page: PdfPage }
  | { readonly kind: 'end' }
  | { readonly kind: 'fault'; readonly fault: PdfFault };
