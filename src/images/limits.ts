/** Bytes of one picture, the API's limit: https://docs.claude.com/en/docs/build-with-claude/vision */
export const MAX_BYTES = 5 * 1024 * 1024;

/** Pixels along an edge: a small file may decode to gigabytes. */
export const MAX_EDGE = 8000;

/** Pictures of one request. */
export const MAX_IMAGES = 100;

/** Pixels along the longer edge above which a picture is scaled down, as the API does. */
export const DEFAULT_LONGEST_EDGE = 1568;

/** Message for a picture with too many bytes. */
export function tooManyBytes(bytes: number): string {
  return `image exceeds 5 MB maximum: ${bytes} bytes > ${MAX_BYTES} bytes`;
}
