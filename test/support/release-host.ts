import { serveModels, listen, sha256 } from './model-host.ts';
import type { Manners } from './model-host.ts';

/** Faults of a server of releases. */
interface ReleaseFaults {
  /** Status of the API instead of 200. */
  readonly status?: number;
  /** Body of the API instead of a release. */
  readonly body?: string;
  /** Digest of each archive instead of the true one; null as for old releases. */
  readonly digest?: string | null;
}

/** Server of the releases API, with the archives on another one. */
export interface ReleaseHost {
  /** Value for GITHUB_API_URL. */
  readonly url: string;
  /** Paths of all requests to the API. */
  readonly asked: readonly string[];
  /** Paths of the downloads. */
  readonly downloads: () => readonly string[];
}

/** Serves a release of llama.cpp with archives, as GitHub's API does. */
export async function serveRelease(
  tag: string,
  archives: Readonly<Record<string, Buffer>>,
  { status = 200, body, digest, ...manners }: ReleaseFaults & Manners = {},
): Promise<ReleaseHost> {
  const { cdn, downloads } = await serveModels(archives, manners);
  const asked: string[] = [];
  const assets = Object.entries(archives).map(([name, bytes]) => ({
    name,
    size: bytes.length,
    browser_download_url: `${cdn}/${name}`,
    digest: digest === undefined ? `sha256:${sha256(bytes)}` : digest,
  }));
  const url = await listen(async (request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const isKnown = [`latest`, `tags/${tag}`].some((which) =>
      path.endsWith(`/repos/ggml-org/llama.cpp/releases/${which}`),
    );
    const release = { tag_name: tag, name: tag, prerelease: false, assets };
    response.writeHead(isKnown ? status : 404, { 'content-type': 'application/json' });
    response.end(isKnown ? (body ?? JSON.stringify(release)) : '{"message":"Not Found"}');
  });
  return { url, asked, downloads: () => downloads.map(({ path }) => path) };
}
