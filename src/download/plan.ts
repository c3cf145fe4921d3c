import { basename, dirname, join } from 'node:path';
import type { Download } from './download.ts';
import { fileUrl, listFiles, hubPageOf } from './hub.ts';
import type { Hub } from './hub.ts';
import { allParts, partName, stemOf } from './parts.ts';
import { pickFiles, pickProjector } from './pick.ts';
import type { HubFile } from './pick.ts';
import type { DownloadSource } from './source.ts';
import type { RemoteFile } from './transfer.ts';

/** File of a model and its target path. */
export interface PlannedDownload extends Download {
  /** Set for the vision projector. */
  readonly isProjector?: true;
}

/**
 * Files of a model with their target paths. A single file is at `target`; parts are in order, under names
 * by which llama.cpp finds them; the projector of a vision model is last.
 */
export async function planDownloads(
  source: DownloadSource,
  target: string,
  hub: Hub,
  signal: AbortSignal,
): Promise<readonly PlannedDownload[]> {
  const { files, projector } = await remoteFiles(source, hub, signal);
  const stem = join(dirname(target), stemOf(basename(target)));
  const parts = files.map((file, index) => ({
    ...file,
    target: files.length === 1 ? target : partName(stem, index, files.length),
  }));
  if (projector === undefined) return parts;
  return [...parts, { ...projector, target: `${stem}.mmproj.gguf`, isProjector: true }];
}

interface RemoteModel {
  readonly files: readonly RemoteFile[];
  readonly projector?: RemoteFile | undefined;
}

async function remoteFiles(
  source: DownloadSource,
  hub: Hub,
  signal: AbortSignal,
): Promise<RemoteModel> {
  switch (source.kind) {
    case 'url': {
      const url = new URL(source.url);
      const files = allParts(url.pathname).map((path) => ({
        url: new URL(`${path}${url.search}`, url).href,
        bytes: undefined,
        sha256: undefined,
      }));
      return { files };
    }
    case 'hub': {
      const { repository, wanted } = source;
      const listed = await listFiles(hub, repository, signal);
      const remote = ({ path, bytes, sha256 }: HubFile): RemoteFile => ({
        url: fileUrl(hub, repository, path),
        bytes,
        sha256,
        page: hubPageOf(hub, repository),
      });
      const picked = pickFiles(listed, wanted, repository);
      const projector = picked[0] && pickProjector(listed, picked[0]);
      return { files: picked.map(remote), projector: projector && remote(projector) };
    }
    default:
      return source satisfies never;
  }
}
