import type { Backend } from '../core/backend.ts';
import type { ImagePart } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/failure.ts';
import type { ModelSpec } from '../core/model.ts';
import { imageSubject } from '../core/parts.ts';

/**
 * Failure of a model without vision, with the place of the first image and a hint to a model with vision.
 *
 * @param backend backend of the model, which may have a hint to enable its vision
 * @param seeing name of a model that is known to have vision; undefined if there is none
 */
export function visionUnsupported(
  model: ModelSpec,
  image: ImagePart,
  backend: Pick<Backend, 'visionHint'>,
  seeing: string | undefined,
): RuntimeFailure {
  const hint = backend.visionHint?.(model) ?? otherModel(seeing);
  return new RuntimeFailure('unsupported', `the model ${model.name} has no vision. ${hint}`, {
    subject: imageSubject(image),
  });
}

function otherModel(seeing: string | undefined): string {
  return seeing === undefined
    ? 'No known model has it: pull one, such as with `portico pull ollama:gemma3`, or set `images: true` ' +
        'in the entry of a model whose server takes images. Or leave the images out.'
    : `Use ${seeing}, which has it, or leave the images out.`;
}
