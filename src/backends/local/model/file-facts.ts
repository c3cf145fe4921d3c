import { z } from 'zod';
import { boundedRenderer } from './bounded-renderer.ts';
import { readWholeGguf } from './gguf-metadata.ts';
import { readTemplate } from './template-reading.ts';

/** Facts of a model file, for listings. They are plain data, cached on disk as JSON. */
export interface FileFacts {
  /** Reason why the file can't be used, with its name; absent if it can, or if that is not known. */
  readonly problem?: string | undefined;
  /** Context size in tokens that the model was trained on; absent if the file does not say. */
  readonly trainedContext?: number | undefined;
  /** Thinking that its chat template knows, instructions included; absent if there is no template. */
  readonly thinking?: 'none' | 'switchable' | 'always' | undefined;
}

export const fileFactsSchema = z.object({
  trainedContext: z.number().optional(),
  thinking: z.enum(['none', 'switchable', 'always']).optional(),
}) satisfies z.ZodType<FileFacts>;

/** A file, and the chat template that takes the place of its own. */
export interface FactsQuestion {
  readonly file: string;
  readonly template?: string | undefined;
}

/** They stand for the vocabulary's own: no template thinks by their texts. */
const TOKENS = { bos: '<s>', eos: '</s>' } as const;

/**
 * Reads what a GGUF's header says, without llama.cpp: templates are rendered in JavaScript. Throws if
 * the file can't be read.
 */
export function readFileFacts({ file, template }: FactsQuestion): FileFacts {
  const metadata = readWholeGguf(file);
  const trained = metadata.get(`${metadata.get('general.architecture')}.context_length`);
  const source = template ?? metadata.get('tokenizer.chat_template');
  const hasTemplate = typeof source === 'string' && source !== '';
  return {
    ...(typeof trained === 'number' && trained > 0 && { trainedContext: trained }),
    ...(hasTemplate && { thinking: thinkingOf(source) }),
  };
}

function thinkingOf(source: string): FileFacts['thinking'] {
  return readTemplate(boundedRenderer(source), source, TOKENS).traits.thinking;
}
