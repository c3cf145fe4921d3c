import { z } from 'zod';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { parseJson } from '../core/json.ts';
import { readText } from '../net/read-text.ts';
import { isArchive } from './archive/unpack.ts';
import { refusal } from './refusal.ts';
import { get, nextUrl } from './request.ts';
import type { RemoteFile } from './transfer.ts';

/** Repository of llama.cpp's official releases. */
const REPOSITORY = 'ggml-org/llama.cpp';
const MOST_ANSWER_BYTES = 8 * 2 ** 20;

/** Release of llama.cpp. */
export interface Release {
  /** Such as `b11211`. */
  readonly tag: string;
  /** Archives, by their names. */
  readonly archives: ReadonlyMap<string, ReleaseArchive>;
}

/** Archive of a release. */
export interface ReleaseArchive extends RemoteFile {
  readonly name: string;
  readonly bytes: number;
}

/** Releases of GitHub's API. `digest` is `sha256:` and 64 hex digits. */
const releaseSchema = z.object({
  tag_name: z.string().regex(/^[\w.-]+$/),
  assets: z.array(
    z.object({
      name: z.string(),
      size: z.int().min(0),
      browser_download_url: z.string(),
      digest: z.string().nullish(),
    }),
  ),
});

/**
 * Reads a release from GitHub's API. The variable GITHUB_API_URL names another server of this API, such as a mirror.
 *
 * @see https://docs.github.com/en/rest/releases/releases
 * @param tag undefined means the latest release
 * @throws {backend-unavailable} without a response; other codes if it is no release
 */
export async function readRelease(
  environment: NodeJS.ProcessEnv,
  tag: string | undefined,
  signal: AbortSignal,
): Promise<Release> {
  const api = apiUrl(environment);
  const which = tag === undefined ? 'latest' : `tags/${encodeURIComponent(tag)}`;
  const url = `${api}/repos/${REPOSITORY}/releases/${which}`;
  const reply = await get(url, { access: undefined, signal }).catch(unavailable);
  if (reply.status !== 200) {
    reply.body.on('error', () => undefined).destroy();
    throw refused(reply.status, url, tag);
  }
  const body = await readText(reply.body, MOST_ANSWER_BYTES).catch(unavailable);
  const release = releaseSchema.safeParse(parseJson(body)).data;
  if (release === undefined) {
    throw new RuntimeFailure(
      'backend-failed',
      `${url} sent no release; set GITHUB_API_URL to GitHub's API, or unset it`,
    );
  }
  const archives = release.assets
    .filter(({ name }) => isArchive(name) && /^[\w.-]+$/.test(name))
    .map(({ name, size, browser_download_url, digest }) => ({
      name,
      url: nextUrl(reply.url, browser_download_url, 'lists'),
      bytes: size,
      sha256: /^sha256:([0-9a-f]{64})$/.exec(digest ?? '')?.[1],
    }));
  return { tag: release.tag_name, archives: new Map(archives.map((one) => [one.name, one])) };
}

function apiUrl(environment: NodeJS.ProcessEnv): string {
  const url = (environment['GITHUB_API_URL'] || 'https://api.github.com').replace(/\/$/, '');
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new RuntimeFailure(
    'invalid-request',
    `GITHUB_API_URL is '${url}', which is not an http(s) address; correct or unset it`,
  );
}

function refused(status: number, url: string, tag: string | undefined): RuntimeFailure {
  switch (status) {
    case 403:
    case 429:
      return new RuntimeFailure(
        'backend-unavailable',
        `${url} answers ${status}: GitHub allows a number of requests an hour; try again later`,
      );
    case 404:
      return new RuntimeFailure(
        'resource-not-found',
        `${REPOSITORY} has no release ${tag ?? ''} (${url} answers 404); correct --release, or leave it out`,
      );
    default:
      return refusal(status, { url });
  }
}

function unavailable(error: unknown): never {
  if (error instanceof RuntimeFailure) throw error;
  throw new RuntimeFailure(
    'backend-unavailable',
    `the list of releases can't be had (${messageOf(error)}); check the network, and HTTPS_PROXY ` +
      'or GITHUB_API_URL where you need them',
    { cause: error },
  );
}
