import type { Backend } from '../core/backend.ts';
import type { ImagePart } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/failure.ts';
import type { ModelSpec } from '../core/model.ts';
import { imageSubject } from '../core/parts.ts';

/**
 * Failure of a model that can't see: the first image's place, and the way to one that can.
 *
 * @param backend of the model: it may know the way to complete the model's own vision
 * @param seeing name of a model that is known to see; undefined if none is
 */
export function visionUnsupported(
  model: ModelSpec,
  image: ImagePart,
  backend: Pick<Backend, 'visionHint'>,
  seeing: string | undefined,
): RuntimeFailure {
  const hint = backend.visionHint?.(model) ?? otherModel(seeing);
  return new RuntimeFailure('unsupported', `the model ${model.name} can't see. ${hint}`, {
    subject: imageSubject(image),
  });
}

function otherModel(seeing: string | undefined): string {
  return seeing === undefined
    ? 'No known model can: get one, such as with `portico pull ollama:gemma3`, or write `images: true` ' +
        'into the entry of one behind a server that takes images. Or leave the images out.'
    : `Use ${seeing}, which can, or leave the images out.`;
}
