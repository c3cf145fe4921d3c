import type { Requirement } from './requirement.ts';

/**
 * What "Every backend, one registry" asks for, line by line. An id is `R4.<part>-<word>`.
 */
export const BACKENDS: readonly Requirement[] = [
  // 6. Registry commands
  {
    id: 'R4.6-pull-sources',
    text: 'pull takes hf:user/model:quant, a URL, a name of models.yaml, and an Ollama name.',
  },
  {
    id: 'R4.6-pull-split',
    text: 'A split GGUF is fetched whole, and its first part is the model’s file.',
  },
  {
    id: 'R4.6-pull-progress',
    text: 'pull shows a bar with bytes, rate and time left on a terminal, and plain lines elsewhere.',
  },
  { id: 'R4.6-pull-resume', text: 'A pull that broke off goes on from there.' },
  {
    id: 'R4.6-pull-verified',
    text: 'What is pulled has the SHA-256 and the size that its source lists.',
  },
  { id: 'R4.6-pull-disk', text: 'Disk space is checked before anything is downloaded.' },
  { id: 'R4.6-pull-atomic', text: 'A model’s file is there whole or not at all.' },
  { id: 'R4.6-pull-cancel', text: 'A cancelled pull is never taken for whole.' },
  { id: 'R4.6-pull-token', text: 'HF_TOKEN is shown to the hub and to nobody else.' },
  {
    id: 'R4.6-pull-refused',
    text: 'What pull cannot get is one line with the reason and the way out.',
  },
];
