import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { messageOf, RuntimeFailure } from '../core/errors.ts';
import { MAX_BYTES, tooManyBytes } from './limits.ts';

/** What may be contacted, and how it is found. */
export interface DownloadRules {
  /** Whether an address of a picture's server may be connected to. */
  readonly mayContact: (address: string) => boolean;
  /** All addresses of a host. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** For the whole of it, redirects included. */
  readonly withinMs: number;
}

const MAX_REDIRECTS = 5;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** All addresses of a host by the machine's own resolver. Throws where there is none. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/**
 * The bytes at a URL of a client's. Whatever the URL or a redirect says, only addresses that may be
 * contacted are: a host is resolved once, and the connection goes to what was checked.
 *
 * @throws RuntimeFailure `invalid-request` with the reason and the way out, `cancelled` on abort
 */
export async function download(
  url: string,
  rules: DownloadRules,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const late = AbortSignal.timeout(rules.withinMs);
  try {
    return await follow(url, rules, AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted) {
      throw new RuntimeFailure('cancelled', 'the request was cancelled', { cause: error });
    }
    if (error instanceof RuntimeFailure) throw error;
    throw refusal(
      url,
      late.aborted ? `it took longer than ${rules.withinMs / 1000} s` : said(error),
      error,
    );
  }
}

async function follow(
  first: string,
  rules: DownloadRules,
  signal: AbortSignal,
): Promise<Uint8Array> {
  let url = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const target = parseTarget(url, first);
    const addresses = await addressesOf(target, rules, first, signal);
    const agent = new Agent({ connect: { lookup: pinned(addresses), timeout: rules.withinMs } });
    try {
      const answer = await request(target, { dispatcher: agent, headers: HEADERS, signal });
      // What is left of a body ends with its connection, which nobody needs to hear of.
      answer.body.on('error', () => undefined);
      const { location } = answer.headers;
      if (!REDIRECTS.includes(answer.statusCode) || typeof location !== 'string') {
        return await readPicture(answer, first);
      }
      url = new URL(location, target).href;
    } finally {
      await agent.destroy();
    }
  }
  throw refusal(first, `it redirects more than ${MAX_REDIRECTS} times`);
}

const HEADERS = {
  accept: 'image/png, image/jpeg, image/gif, image/webp',
  'accept-encoding': 'identity',
  'user-agent': 'portico',
};

function parseTarget(url: string, first: string): URL {
  if (!URL.canParse(url)) throw refusal(first, 'it is no valid URL');
  const target = new URL(url);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw refusal(first, 'only http and https URLs are fetched');
  }
  if (target.username !== '' || target.password !== '') {
    throw refusal(first, 'a URL must not carry a name or a password');
  }
  return target;
}

async function addressesOf(
  { hostname }: URL,
  { mayContact, resolve }: DownloadRules,
  first: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) === 0 ? await resolved(host, resolve, first, signal) : [host];
  if (addresses.every(mayContact)) return addresses;
  const what = isIP(host) === 0 ? 'leads to an address that is not public' : 'is no public address';
  throw refusal(first, `${host} ${what}, and no other is contacted`);
}

async function resolved(
  host: string,
  resolve: DownloadRules['resolve'],
  first: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = resolve(host).catch((error: unknown) => {
    throw refusal(first, `its host ${host} can't be found`, error);
  });
  // A resolver takes its time, and can't be told to stop.
  const stopped = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
  const addresses = await Promise.race([found, stopped]);
  if (addresses.length === 0) throw refusal(first, `its host ${host} can't be found`);
  return addresses;
}

/** A look-up that gives what was checked: a second one could give something else. */
function pinned(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    const [first] = known;
    if (options.all === true) callback(null, known);
    else if (first !== undefined) callback(null, first.address, first.family);
  };
}

async function readPicture(answer: Dispatcher.ResponseData, url: string): Promise<Uint8Array> {
  const { statusCode, headers, body } = answer;
  if (statusCode !== 200) throw refusal(url, `its server answered ${statusCode}`);
  const announced = Number(headers['content-length'] ?? 0);
  if (announced > MAX_BYTES) throw tooLarge(announced);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw tooLarge(bytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function tooLarge(bytes: number): RuntimeFailure {
  return new RuntimeFailure('invalid-request', tooManyBytes(bytes));
}

/** What a failed connection says: undici keeps the reason in the cause of some errors. */
function said(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
  return `its server does not answer (${code})`;
}

function refusal(url: string, reason: string, cause?: unknown): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    `Unable to download the file ${shown(url)}: ${reason}. Send the picture as base64, or by another URL.`,
    { cause },
  );
}

const SHOWN_CHARACTERS = 200;

/** A URL without what may be secret: a password, and a query, which may hold a key. */
function shown(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const text = parsed === undefined ? url : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
