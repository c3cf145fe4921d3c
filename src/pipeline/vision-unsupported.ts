import type { ImagePart } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/failure.ts';
import type { ModelSpec } from '../core/model.ts';

/**
 * The failure for a model that can't see: the first image's place, and a model that can.
 *
 * @param seeing name of a model that is known to see; undefined if none is
 */
export function cantSee(
  model: ModelSpec,
  image: ImagePart,
  seeing: string | undefined,
): RuntimeFailure {
  const wayOut = missingPart(model) ?? hint(seeing);
  return new RuntimeFailure('unsupported', `the model ${model.name} can't see. ${wayOut}`, {
    subject: image.at === undefined ? 'messages' : { at: image.at },
  });
}

/** What a model that could see lacks to do so. */
function missingPart({ backend, mmproj }: ModelSpec): string | undefined {
  if (backend === 'vision') {
    return (
      'It could with an optional package that is not installed here: install Portico again without ' +
      '`--omit=optional` (`npm install -g portico`), and start it again.'
    );
  }
  return backend === 'llama' && mmproj !== undefined
    ? `Its projector ${mmproj} is not there: put it there, or correct \`mmproj:\` in models.yaml.`
    : undefined;
}

function hint(seeing: string | undefined): string {
  return seeing === undefined
    ? 'No known model can: get one, such as with `portico pull ollama:gemma3`, or write `images: true` ' +
        'into the entry of one behind a server that takes images. Or leave the images out.'
    : `Use ${seeing}, which can, or leave the images out.`;
}
