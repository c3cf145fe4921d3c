/** File of a client that this server keeps. */
export interface StoredFile {
  readonly id: string;
  /** Name without folders. */
  readonly name: string;
  /** Media type by the content. */
  readonly mediaType: string;
  readonly bytes: number;
  /** True for files that a tool of this server wrote. */
  readonly isDownloadable: boolean;
  readonly createdAt: Date;
  /** Undefined for a file that does not expire. */
  readonly expiresAt: Date | undefined;
}

/** Part of the list of stored files, the newest file first. */
export interface FilePage {
  readonly files: readonly StoredFile[];
  readonly hasMore: boolean;
}

/** Range of a list of stored files. */
export interface FileRange {
  readonly limit: number;
  /** Id of the file before the first one of the page. */
  readonly afterId?: string | undefined;
  /** Id of the file after the last one of the page. */
  readonly beforeId?: string | undefined;
}
