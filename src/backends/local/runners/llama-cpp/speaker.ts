import type { LlamaModel, Token } from 'node-llama-cpp';
import type { ChatFormat } from '../../../../formats/format.ts';
import type { Transcripts } from '../../transcripts.ts';
import type { Grammars } from './grammars.ts';

/** A loaded model and the readers of its output. */
export interface Speaker {
  readonly model: LlamaModel;
  readonly format: ChatFormat;
  readonly grammars: Grammars;
  /** The template has no thinking: instructions in the prompt ask for it. */
  readonly thinksByInjection: boolean;
  /** Tokens that end the model's turn, beyond those that end its generation anyway. */
  readonly turnEnds: ReadonlySet<Token>;
  readonly transcripts: Transcripts<readonly Token[]>;
}
