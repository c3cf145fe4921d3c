import { basename, dirname, join } from 'node:path';
import type { Download } from './download.ts';
import { fileUrl, listFiles, pageOf } from './hub.ts';
import type { Hub } from './hub.ts';
import { allParts, partName, stemOf } from './parts.ts';
import { pickFiles } from './pick.ts';
import type { Source } from './source.ts';
import type { RemoteFile } from './transfer.ts';

/**
 * The files that make up a model, the first part first, and where each is to lie: a whole model at
 * `target`, parts beside each other under names that llama.cpp takes for parts of one model.
 */
export async function planDownloads(
  source: Source,
  target: string,
  hub: Hub,
  signal: AbortSignal,
): Promise<readonly Download[]> {
  const files = await remoteFiles(source, hub, signal);
  const stem = join(dirname(target), stemOf(basename(target)));
  return files.map((file, index) => ({
    ...file,
    target: files.length === 1 ? target : partName(stem, index, files.length),
  }));
}

async function remoteFiles(
  source: Source,
  hub: Hub,
  signal: AbortSignal,
): Promise<readonly RemoteFile[]> {
  switch (source.kind) {
    case 'url': {
      const url = new URL(source.url);
      return allParts(url.pathname).map((path) => ({
        url: new URL(`${path}${url.search}`, url).href,
        bytes: undefined,
        sha256: undefined,
      }));
    }
    case 'hub': {
      const { repository, wanted } = source;
      const files = await listFiles(hub, repository, signal);
      return pickFiles(files, wanted, repository).map(({ path, bytes, sha256 }) => ({
        url: fileUrl(hub, repository, path),
        bytes,
        sha256,
        page: pageOf(hub, repository),
      }));
    }
    default:
      return source satisfies never;
  }
}
