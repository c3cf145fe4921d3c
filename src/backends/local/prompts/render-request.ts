import { promptTooLong } from '../../../core/failure.ts';
import type { GenerationRequest } from '../../../core/backend.ts';
import type { ModelMetadata } from '../model/model-metadata.ts';
import type { Transcript } from '../transcripts.ts';
import { renderable } from './prompt-work.ts';
import type { WrittenRequest } from './prompt-work.ts';

/** Rendered request, and the transcript after which its prompt continues; undefined if it is complete. */
export interface RenderedRequest<P> extends WrittenRequest {
  readonly before: P | undefined;
}

/** Renders a request by the model's own template, after the last known answer if the template can. */
export async function renderRequest<P>(
  { prompts }: Pick<ModelMetadata, 'prompts'>,
  request: GenerationRequest,
  known: readonly Transcript<P>[],
  signal: AbortSignal,
): Promise<RenderedRequest<P>> {
  const answers = known.map(({ answer }) => answer);
  const written = await prompts.run('write', { request: renderable(request), answers }, signal);
  const before = known.find(({ answer }) => answer === written.answer)?.written;
  return { ...written, before };
}

/** Throws `prompt-too-long` for a prompt whose size alone means too many tokens. */
export function refuseBySize(least: number, most: number): void {
  if (least > most) throw promptTooLong(least, most);
}
