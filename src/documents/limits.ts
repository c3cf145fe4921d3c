/** Pages of one PDF, the API's limit: https://docs.claude.com/en/docs/build-with-claude/pdf-support */
export const MAX_PAGES = 600;

/** Pages above which none is drawn: a request has at most 100 pictures. */
export const MAX_DRAWN_PAGES = 100;

/** Bytes of a PDF that is fetched. One in a request is limited by its body. */
export const MAX_PDF_BYTES = 32 * 1024 * 1024;

/** Characters of the text of one PDF. A small file may decompress to gigabytes. */
export const MAX_CHARACTERS = 32 * 1024 * 1024;

/** Resident memory of the process that reads a PDF. An empty one takes 150 MB. */
export const MOST_MEMORY_BYTES = 2 ** 30;

/** Time to read the text of a PDF: 100 ordinary pages take about a second. */
export const TEXT_TIMEOUT_MS = 30_000;

/** Time to read a PDF and draw its pages: 100 ordinary pages take about 10 s. */
export const PICTURES_TIMEOUT_MS = 120_000;
