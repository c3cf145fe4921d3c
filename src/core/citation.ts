/** Place in a document of the request. Indexes count from 0, and ends are exclusive. */
interface InDocument {
  /** Number of the document among all of the request. */
  readonly document: number;
  readonly title?: string;
  readonly fileId?: string;
  readonly start: number;
  readonly end: number;
  readonly citedText: string;
}

/** Passage of a source that supports a text of an answer. */
export type Citation =
  /** Characters of a text, as Unicode counts them. */
  | ({ readonly kind: 'characters' } & InDocument)
  /** Pages, counted from 1. */
  | ({ readonly kind: 'pages' } & InDocument)
  /** Blocks of a document that consists of blocks. */
  | ({ readonly kind: 'blocks' } & InDocument)
  /** Blocks of a search result. */
  | {
      readonly kind: 'search-result';
      /** Number of the search result among all of the request. */
      readonly result: number;
      readonly source: string;
      readonly title: string;
      readonly start: number;
      readonly end: number;
      readonly citedText: string;
    };
