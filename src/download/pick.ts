import { basename, dirname } from 'node:path/posix';
import { RuntimeFailure } from '../core/failure.ts';
import { allParts, stemOf } from './parts.ts';
import type { Source } from './source.ts';

/** A file of a repository. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** Known for the files that are kept in large-file storage, as all GGUFs are. */
  readonly sha256?: string;
}

type Wanted = Extract<Source, { readonly kind: 'hub' }>['wanted'];

/** What a repository is asked for where nobody says which: small for its quality. */
const USUAL = ['Q4_K_M', 'Q4_K_XL', 'MXFP4', 'Q4_0', 'Q8_0'];

/**
 * The file that is wanted of a repository, or all of its parts in order.
 * Throws `resource-not-found` with what there is.
 */
export function pickFiles(
  files: readonly HubFile[],
  wanted: Wanted,
  repository: string,
): readonly HubFile[] {
  // Vision projectors lie beside the models that they belong to, under the same tags.
  const models = files.filter(({ path }) => /\.gguf$/i.test(path) && !/mmproj/i.test(path));
  const first = choose(models, wanted);
  if (first === undefined) throw notThere(models, wanted, repository);
  return allParts(first.path).map((path) => {
    const part = models.find((file) => file.path === path);
    if (part !== undefined) return part;
    throw new RuntimeFailure('resource-not-found', `${repository} lacks a part of it: ${path}`);
  });
}

/** The precisions that a projector is wanted in: it is small, and every device computes the first. */
const USUAL_PROJECTORS = ['F16', 'BF16', 'F32', 'Q8_0'];

/** The projector (mmproj) by which the picked model sees; undefined where its repository has none. */
export function pickProjector(files: readonly HubFile[], model: HubFile): HubFile | undefined {
  const folder = dirname(model.path);
  const all = files.filter(({ path }) => isProjector(path));
  const beside = all.filter(({ path }) => dirname(path) === folder);
  const candidates = beside.length > 0 ? beside : all.filter(({ path }) => !path.includes('/'));
  return (
    USUAL_PROJECTORS.map((tag) => tagged(candidates, tag)).find((file) => file !== undefined) ??
    candidates[0]
  );
}

function isProjector(path: string): boolean {
  const name = basename(path).toLowerCase();
  return name.includes('mmproj') && name.endsWith('.gguf');
}

function choose(models: readonly HubFile[], wanted: Wanted): HubFile | undefined {
  switch (wanted.by) {
    case 'path':
      return models.find(({ path }) => path === wanted.path);
    case 'quantization':
      return tagged(models, wanted.tag);
    case 'default':
      return (
        USUAL.map((tag) => tagged(models, tag)).find((file) => file !== undefined) ?? models[0]
      );
    default:
      return wanted satisfies never;
  }
}

/** The shortest path that ends in a tag: `x-UD-Q4_K_M.gguf` ends in `Q4_K_M` too. */
function tagged(models: readonly HubFile[], tag: string): HubFile | undefined {
  const suffix = tag.toLowerCase();
  return models
    .filter(({ path }) => {
      const stem = stemOf(path).toLowerCase();
      const before = stem.at(-suffix.length - 1) ?? '-';
      return stem.endsWith(suffix) && /[-_./]/.test(before);
    })
    .toSorted(
      (one, other) => one.path.length - other.path.length || (one.path < other.path ? -1 : 1),
    )
    .at(0);
}

function notThere(models: readonly HubFile[], wanted: Wanted, repository: string): RuntimeFailure {
  const stems = [...new Set(models.map(({ path }) => stemOf(path)))];
  const wayOut =
    stems.length === 0
      ? 'it holds no GGUF model, look for a repository whose name ends in -GGUF'
      : `there are ${stems.join(', ')}`;
  return new RuntimeFailure(
    'resource-not-found',
    `${repository} has no ${describe(wanted)}; ${wayOut}`,
  );
}

function describe(wanted: Wanted): string {
  switch (wanted.by) {
    case 'path':
      return wanted.path;
    case 'quantization':
      return wanted.tag;
    case 'default':
      return 'GGUF file';
    default:
      return wanted satisfies never;
  }
}
