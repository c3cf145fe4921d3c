import { z } from 'zod';

/** Limit of one image in bytes of its base64 text, as in the API. */
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

/** Source of an image block. */
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

/** Sources of a document, except `content`, which contains blocks and is defined with these. */
export const documentSources = [base64Document, plainText, url, file] as const;

export type ImageSource = z.output<typeof imageSource>;
