import { basename, dirname } from 'node:path/posix';
import { RuntimeFailure } from '../core/failure.ts';
import { allParts, stemOf } from './parts.ts';
import type { DownloadSource } from './source.ts';

/** File of a repository. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** Known for files in large-file storage, such as all GGUFs. */
  readonly sha256?: string;
}

type Wanted = Extract<DownloadSource, { readonly kind: 'hub' }>['wanted'];

/** Default quantizations in order of preference: small for their quality. */
const USUAL = ['Q4_K_M', 'Q4_K_XL', 'MXFP4', 'Q4_0', 'Q8_0'];

/**
 * Picks the wanted file of a repository, or all of its parts in order.
 *
 * @throws {resource-not-found} with the files that exist
 */
export function pickFiles(
  files: readonly HubFile[],
  wanted: Wanted,
  repository: string,
): readonly HubFile[] {
  // Vision projectors are next to their models, under the same tags.
  const models = files.filter(({ path }) => /\.gguf$/i.test(path) && !/mmproj/i.test(path));
  const first = choose(models, wanted);
  if (first === undefined) throw notThere(models, wanted, repository);
  return allParts(first.path).map((path) => {
    const part = models.find((file) => file.path === path);
    if (part !== undefined) return part;
    throw new RuntimeFailure('resource-not-found', `${repository} lacks a part of it: ${path}`);
  });
}

/** Precisions of a projector in order of preference: it is small, and every device supports the first. */
const USUAL_PROJECTORS = ['F16', 'BF16', 'F32', 'Q8_0'];

/** Projector (mmproj) of the picked model; undefined if its repository has none. */
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

/** Shortest path that ends in a tag, because `x-UD-Q4_K_M.gguf` ends in `Q4_K_M` too. */
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
  const hint =
    stems.length === 0
      ? 'it has no GGUF model, look for a repository whose name ends in -GGUF'
      : `there are ${stems.join(', ')}`;
  return new RuntimeFailure(
    'resource-not-found',
    `${repository} has no ${describe(wanted)}; ${hint}`,
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
