import type { ChatFormat } from './format.ts';
import { commandR7b } from './command-r7b.ts';

/** Cohere's mixtures of experts: like Command R7B, with other tags around answers. */
export const cohere2Moe: ChatFormat = {
  ...commandR7b,
  name: 'cohere2-moe',
  recognises: (template) =>
    template.includes('<|START_ACTION|>') && template.includes('<|START_TEXT|>'),
  answer: { open: '<|START_TEXT|>', close: '<|END_TEXT|>', always: true },
};
