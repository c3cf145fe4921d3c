import type { Token } from 'node-llama-cpp';
import type { GenerationRequest } from '../../../core/backend.ts';
import type { ModelMetadata } from '../model/model-metadata.ts';
import type { WrittenPrompt } from '../runner.ts';
import type { Transcript } from '../transcripts.ts';
import { refuseBySize, renderRequest } from './render-request.ts';

/**
 * Renders a request to tokens, after the last known answer if the template can.
 *
 * @param most largest number of tokens
 * @throws {RuntimeFailure} `prompt-too-long`; `invalid-request` for a conversation that the template refuses
 */
export async function writeTokens(
  head: Pick<ModelMetadata, 'tokenizer' | 'prompts'>,
  request: GenerationRequest,
  known: readonly Transcript<readonly Token[]>[],
  most: number,
  signal: AbortSignal,
): Promise<WrittenPrompt<readonly Token[]>> {
  const { tokenizer } = head;
  const written = await renderRequest(head, request, known, signal);
  const { prompt: rendered, trigger, forced, before } = written;
  const stretches = [...rendered.stretches, ...trigger];
  refuseBySize((before?.length ?? 0) + tokenizer.least(stretches), most);
  const prompt =
    before === undefined
      ? await tokenizer.prompt(stretches, signal)
      : [...before, ...(await tokenizer.middle(stretches, signal))];
  return { rendered, prompt, forced };
}
