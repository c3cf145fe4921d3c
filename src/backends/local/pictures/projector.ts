import { readGgufFileInfo } from 'node-llama-cpp';
import { messageOf, RuntimeFailure } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';
import { requireGguf } from '../model/require-gguf.ts';

/** Metadata of a projector file (mmproj). */
export interface ProjectorInfo {
  /** Edge in pixels of the square to which every picture is scaled; undefined if sizes differ. */
  readonly imageSize: number | undefined;
}

/**
 * Projectors that scale every picture to one square (llama.cpp's tools/mtmd/clip.cpp). All others use variable sizes, or
 * several tiles.
 */
const SQUARE = ['mlp', 'mlp_norm', 'ldp', 'ldpv2', 'gemma3', 'janus_pro'];

/** Reads the header of a projector file (mmproj). Throws `unsupported` if it is damaged, or not a projector. */
export async function readProjector(file: string): Promise<ProjectorInfo> {
  requireGguf(file);
  const metadata: unknown = await readMetadata(file);
  const clip = isRecord(metadata) ? metadata['clip'] : undefined;
  const vision = isRecord(clip) ? clip['vision'] : undefined;
  if (!isRecord(clip) || !isRecord(vision) || clip['has_vision_encoder'] !== true) {
    throw failure(file, 'it is not the projector (mmproj) of a model with vision');
  }
  const type = clip['projector_type'] ?? vision['projector_type'];
  const size = vision['image_size'];
  const tiles = vision['image_grid_pinpoints'] !== undefined;
  const isSquare = !tiles && typeof type === 'string' && SQUARE.includes(type);
  return { imageSize: isSquare && typeof size === 'number' ? size : undefined };
}

async function readMetadata(file: string): Promise<unknown> {
  try {
    const info = await readGgufFileInfo(file, { sourceType: 'filesystem', logWarnings: false });
    return info.metadata;
  } catch (error) {
    throw failure(file, messageOf(error));
  }
}

function failure(file: string, reason: string): RuntimeFailure {
  return new RuntimeFailure(
    'unsupported',
    `The projector ${file} can't be used: ${reason}. Check \`mmproj:\` in models.yaml.`,
  );
}
