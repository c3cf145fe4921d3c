import { boundedRenderer } from './bounded-renderer.ts';
import { readWholeGguf } from './gguf-metadata.ts';
import { readTemplate } from './template-reading.ts';

/** Facts of a model file for listings: plain data, cached on disk as JSON. */
export interface FileFacts {
  /** Reason why the file can't be used, with its name; absent if it can, or if that is unknown. */
  readonly problem?: string | undefined;
  /** Context size of the training in tokens; absent if the file does not contain it. */
  readonly trainedContext?: number | undefined;
  /** Thinking of its chat template, or by instructions; absent if there is no template. */
  readonly thinking?: 'none' | 'switchable' | 'always' | undefined;
}

/** File, and the chat template that replaces its own. */
export interface FileFactsRequest {
  readonly file: string;
  readonly template?: string | undefined;
}

/** Placeholders for the tokens of the vocabulary, whose texts do not affect thinking. */
const TOKENS = { bos: '<s>', eos: '</s>' } as const;

/**
 * Reads the facts from the header of a GGUF file, without llama.cpp: templates are rendered in JavaScript. Throws
 * if the file can't be read.
 */
export function readFileFacts({ file, template }: FileFactsRequest): FileFacts {
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
