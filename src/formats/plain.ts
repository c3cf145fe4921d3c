import type { ChatFormat } from './format.ts';

/** A family whose tool calls, if it has any, are not known: text, and thinking in the usual tags. */
export const plain: ChatFormat = {
  name: 'plain',
  recognises: () => true,
  thinking: { open: '<think>', close: '</think>' },
};
