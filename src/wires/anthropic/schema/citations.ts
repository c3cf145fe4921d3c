import { z } from 'zod';

const index = z.int().min(0);
const inDocument = {
  cited_text: z.string(),
  document_index: index,
  document_title: z.string().nullish(),
  file_id: z.string().nullish(),
};

/** Citation of a text block that a client sends back. */
export const textCitation = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('char_location'),
    ...inDocument,
    start_char_index: index,
    end_char_index: index,
  }),
  z.object({
    type: z.literal('page_location'),
    ...inDocument,
    start_page_number: index,
    end_page_number: index,
  }),
  z.object({
    type: z.literal('content_block_location'),
    ...inDocument,
    start_block_index: index,
    end_block_index: index,
  }),
  z.object({
    type: z.literal('search_result_location'),
    cited_text: z.string(),
    search_result_index: index,
    source: z.string(),
    title: z.string().nullish(),
    start_block_index: index,
    end_block_index: index,
  }),
  z.object({
    type: z.literal('web_search_result_location'),
    cited_text: z.string(),
    encrypted_index: z.string(),
    title: z.string().nullish(),
    url: z.string(),
  }),
]);

export type TextCitation = z.output<typeof textCitation>;
