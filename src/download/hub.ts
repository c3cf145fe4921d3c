import { z } from 'zod';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { parseJson } from '../core/json.ts';
import { readText } from '../net/read-text.ts';
import { rememberSecret } from '../core/secrets.ts';
import type { HubFile } from './pick.ts';
import { refusal } from './refusal.ts';
import { get, nextUrl } from './request.ts';
import type { Access } from './request.ts';
import { append } from '../core/lists.ts';

/** Hugging Face or a mirror of it. */
export interface Hub {
  /** Base URL without a trailing slash. */
  readonly endpoint: string;
  readonly access: Access | undefined;
}

/**
 * Reads the variables of the official client: HF_ENDPOINT and HF_TOKEN.
 *
 * @throws {invalid-request} if HF_ENDPOINT is no http(s) URL
 */
export function hubFrom(environment: NodeJS.ProcessEnv): Hub {
  const endpoint = (environment['HF_ENDPOINT'] || 'https://huggingface.co').replace(
    /(?<!\/)\/+$/,
    '',
  );
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint)) {
    throw new RuntimeFailure(
      'invalid-request',
      `HF_ENDPOINT is '${endpoint}', which is not an http(s) address; correct or unset it`,
    );
  }
  const token = environment['HF_TOKEN']?.trim();
  if (token) rememberSecret(token);
  return { endpoint, access: token ? { origin: new URL(endpoint).origin, token } : undefined };
}

/** Web page of a repository. */
export function hubPageOf({ endpoint }: Hub, repository: string): string {
  return `${endpoint}/${repository}`;
}

/** Download URL of a file of a repository. */
export function fileUrl({ endpoint }: Hub, repository: string, path: string): string {
  return `${endpoint}/${repository}/resolve/main/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Answers of the tree API, https://huggingface.co/docs/hub/api; a large file's `oid` is its SHA-256. */
const tree = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.number(),
    lfs: z.object({ oid: z.string(), size: z.number() }).optional(),
  }),
);

/** Pages that are read of a file list; a page has up to a thousand files. */
const MOST_PAGES = 100;
const MOST_FILES = 100_000;
const MOST_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Lists all files of a repository.
 *
 * @throws {backend-unavailable} without a response; other codes if the repository is missing or restricted
 */
export async function listFiles(
  hub: Hub,
  repository: string,
  signal: AbortSignal,
): Promise<readonly HubFile[]> {
  const files: HubFile[] = [];
  let next: string | undefined =
    `${hub.endpoint}/api/models/${repository}/tree/main?recursive=true`;
  const asked = new Set<string>();
  while (next !== undefined) {
    if (asked.has(next) || asked.size >= MOST_PAGES) throw endless(next);
    asked.add(next);
    const reply = await get(next, { access: hub.access, signal }).catch(unavailable);
    if (reply.status !== 200) {
      reply.body.on('error', () => undefined).destroy();
      throw refusal(reply.status, { url: next, page: hubPageOf(hub, repository) });
    }
    const body = await readText(reply.body, MOST_PAGE_BYTES).catch(unavailable);
    const page = tree.safeParse(parseJson(body)).data;
    if (page === undefined) throw notTheHub(next);
    if (files.length + page.length > MOST_FILES) throw tooManyFiles(repository);
    append(files, page.filter(({ type }) => type === 'file').map(toFile));
    next = nextPage(reply.header('link'), reply.url);
  }
  return files;
}

function toFile({ path, size, lfs }: z.infer<typeof tree>[number]): HubFile {
  const sha256 = /^[0-9a-f]{64}$/.exec(lfs?.oid ?? '')?.[0];
  return { path, bytes: lfs?.size ?? size, ...(sha256 !== undefined && { sha256 }) };
}

/** URL of the next page of a long list, from `Link: <…>; rel="next"`. */
function nextPage(link: string | undefined, from: string): string | undefined {
  const next = /<([^<>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
  return next === undefined ? undefined : nextUrl(from, next, 'continues at');
}

function unavailable(error: unknown): never {
  if (error instanceof RuntimeFailure) throw error;
  throw new RuntimeFailure(
    'backend-unavailable',
    `the list of files can't be had (${messageOf(error)}); check the network, and HTTPS_PROXY ` +
      'or HF_ENDPOINT where you need them',
    { cause: error },
  );
}

function endless(url: string): RuntimeFailure {
  return new RuntimeFailure(
    'backend-failed',
    `the list of files does not end: ${url} repeats, or follows ${MOST_PAGES} pages; ` +
      'check HF_ENDPOINT, or name one file by its https:// address',
  );
}

function tooManyFiles(repository: string): RuntimeFailure {
  return new RuntimeFailure(
    'backend-failed',
    `${repository} has more than ${MOST_FILES} files; name one file by its https:// address`,
  );
}

function notTheHub(url: string): RuntimeFailure {
  return new RuntimeFailure(
    'backend-failed',
    `${url} sent no list of files; set HF_ENDPOINT to Hugging Face or a mirror of it`,
  );
}
