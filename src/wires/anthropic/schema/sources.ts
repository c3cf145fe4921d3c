import { z } from 'zod';

/** What the API takes of one image, measured on the base64 text as the API measures it. */
const IMAGE_BYTES = 5 * 1024 * 1024;

const url = z.object({ type: z.literal('url'), url: z.string().min(1) });
const file = z.object({ type: z.literal('file'), file_id: z.string().min(1) });

const base64Image = z
  .object({
    type: z.literal('base64'),
    media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
    data: z.string().min(1),
  })
  .check(({ value, issues }) => {
    const bytes = value.data.length;
    if (bytes <= IMAGE_BYTES) return;
    const message = `image exceeds 5 MB maximum: ${bytes} bytes > ${IMAGE_BYTES} bytes`;
    issues.push({ code: 'custom', input: value, message });
  });

/** Where an image block's picture lies. */
export const imageSource = z.discriminatedUnion('type', [base64Image, url, file]);

const base64Document = z.object({
  type: z.literal('base64'),
  media_type: z.literal('application/pdf'),
  data: z.string().min(1),
});
const plainText = z.object({
  type: z.literal('text'),
  media_type: z.literal('text/plain'),
  data: z.string(),
});

/** Where a document lies; a `content` source is made by the blocks, which it holds. */
export const documentSources = [base64Document, plainText, url, file] as const;

export type ImageSource = z.output<typeof imageSource>;
