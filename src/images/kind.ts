/** Picture formats of the Messages API. */
export type PictureKind = 'png' | 'jpeg' | 'gif' | 'webp';

/** Media type of a kind. */
export const MEDIA_TYPES = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
} as const satisfies Record<PictureKind, string>;

/** Detects a picture's kind by its first bytes, not by its declared type; undefined if it is no picture. */
export function kindOf(bytes: Uint8Array): PictureKind | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif';
  return /^RIFF[^]{4}WEBP$/.test(head) ? 'webp' : undefined;
}
