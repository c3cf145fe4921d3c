import sharp from 'sharp';
import type { ImagePart, Part, Turn } from '../../../../../src/core/conversation.ts';

/** A picture as an image part. */
export function imageOf(bytes: Uint8Array, at = 'messages.0.content.0.image'): ImagePart {
  const data = Buffer.from(bytes).toString('base64');
  return { kind: 'image', source: { kind: 'base64', mediaType: 'image/png', data }, at };
}

/** A square of one colour. */
async function square(background: string): Promise<ImagePart> {
  const create = { width: 64, height: 64, channels: 3, background } as const;
  return imageOf(await sharp({ create }).png().toBuffer());
}

/** Pictures that differ. */
export const PICTURES = {
  red: await square('#ff0000'),
  blue: await square('#0000ff'),
  green: await square('#00ff00'),
};

export const text = (words: string): Part => ({ kind: 'text', text: words });

export const user = (...parts: readonly Part[]): Turn => ({ role: 'user', parts });

export const assistant = (words: string): Turn => ({ role: 'assistant', parts: [text(words)] });
