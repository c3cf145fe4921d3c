/** The pictures that the Messages API knows. */
export type PictureKind = 'png' | 'jpeg' | 'gif' | 'webp';

/** The media type by which every server knows a kind. */
export const MEDIA_TYPES = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
} as const satisfies Record<PictureKind, string>;

/** What bytes are by how they begin, whatever they are said to be; undefined where they are no picture. */
export function kindOf(bytes: Uint8Array): PictureKind | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif';
  return /^RIFF[^]{4}WEBP$/.test(head) ? 'webp' : undefined;
}
