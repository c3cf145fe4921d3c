import type { ChatFormat } from './format.ts';

/** Unknown family: text without a known call syntax, and thinking in the usual tags. */
export const plain: ChatFormat = {
  name: 'plain',
  recognises: () => true,
  thinking: { open: '<think>', close: '</think>' },
};
