import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { cancelled } from '../core/abort.ts';
import { messageOf } from '../core/failure.ts';
import { createConnector } from './connector.ts';
import { isMetadataName } from './metadata-services.ts';

/** Rules for addresses, and the resolver. */
export interface ContactRules {
  /** Returns true if a connection to the address is allowed. */
  readonly mayContact: (address: string) => boolean;
  /** Resolves all addresses of a host. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Time limit for everything, redirects included. */
  readonly timeoutMs: number;
}

/** Request headers and limits. */
export interface FetchRules extends ContactRules {
  readonly accept: string;
  readonly maxBytes: number;
  /** Returns true if a redirect to the URL is allowed; its address is checked as well. Default: always. */
  readonly mayVisit?: (url: string) => boolean;
}

const MAX_REDIRECTS = 5;

/** Longest URL that is fetched, in characters. Reading one of megabytes would block the event loop. */
export const LONGEST_URL = 16_384;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Resolves all addresses of a host by the system resolver. Throws if there are none. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** Error with the reason why a URL was not fetched, as the end of a sentence about the URL. */
export class FetchRefusal extends Error {
  override readonly name = 'FetchRefusal';
  /** Bytes of a body that is too large, if known. */
  readonly tooManyBytes: number | undefined;

  constructor(reason: string, cause?: unknown, tooManyBytes?: number) {
    super(reason, { cause });
    this.tooManyBytes = tooManyBytes;
  }
}

/** Response after all redirects. */
export interface PublicAnswer {
  readonly url: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/**
 * Fetches an untrusted URL. The URL and each redirect can reach allowed addresses only: a host is resolved
 * once, and the connection uses the checked address.
 *
 * @throws FetchRefusal with the reason, RuntimeFailure `cancelled` on abort
 */
export async function fetchPublic(
  url: string,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<PublicAnswer> {
  const late = AbortSignal.timeout(rules.timeoutMs);
  try {
    return await follow(url, rules, AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted) throw cancelled(error);
    if (error instanceof FetchRefusal) throw error;
    const reason = late.aborted ? `it took longer than ${rules.timeoutMs / 1000} s` : said(error);
    throw new FetchRefusal(reason, error);
  }
}

async function follow(
  first: string,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<PublicAnswer> {
  let url = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const target = parseTarget(url);
    if (rules.mayVisit?.(target.href) === false) {
      throw new FetchRefusal('it redirects to an address that is not allowed');
    }
    const addresses = await addressesOf(target, rules, signal);
    const agent = new Agent({
      connect: createConnector({ lookup: pinned(addresses), timeout: rules.timeoutMs }),
    });
    try {
      const answer = await request(target, {
        dispatcher: agent,
        headers: headersOf(rules),
        signal,
      });
      // Closing the connection discards the rest of a body; its error is irrelevant.
      answer.body.on('error', () => undefined);
      const { location } = answer.headers;
      if (!REDIRECTS.includes(answer.statusCode) || typeof location !== 'string') {
        return await readAnswer(answer, target.href, rules);
      }
      url = new URL(location, target).href;
    } finally {
      await agent.destroy();
    }
  }
  throw new FetchRefusal(`it redirects more than ${MAX_REDIRECTS} times`);
}

function headersOf({ accept }: FetchRules) {
  return { accept, 'accept-encoding': 'identity', 'user-agent': 'portico' };
}

/** Target that may be contacted, and the lookup that only finds its checked addresses. */
export interface CheckedTarget {
  readonly target: URL;
  readonly lookup: LookupFunction;
}

/**
 * Checks a URL and resolves its host once.
 *
 * @throws FetchRefusal with the reason
 */
export async function checkTarget(
  url: string,
  rules: ContactRules,
  signal: AbortSignal,
): Promise<CheckedTarget> {
  const target = parseTarget(url);
  return { target, lookup: pinned(await addressesOf(target, rules, signal)) };
}

function parseTarget(url: string): URL {
  if (url.length > LONGEST_URL) {
    throw new FetchRefusal(`it has more than ${LONGEST_URL} characters`);
  }
  if (!URL.canParse(url)) throw new FetchRefusal('it is not a valid URL');
  const target = new URL(url);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw new FetchRefusal('only http and https URLs are fetched');
  }
  if (target.username !== '' || target.password !== '') {
    throw new FetchRefusal('a URL must not carry a name or a password');
  }
  return target;
}

async function addressesOf(
  { hostname }: URL,
  { mayContact, resolve }: ContactRules,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isMetadataName(host)) {
    throw new FetchRefusal(`${host} is the metadata service of a cloud, which is never contacted`);
  }
  const addresses = isIP(host) === 0 ? await resolved(host, resolve, signal) : [host];
  if (addresses.every(mayContact)) return addresses;
  const what =
    isIP(host) === 0 ? 'leads to an address that is not public' : 'is not a public address';
  throw new FetchRefusal(`${host} ${what}, and only public ones are contacted`);
}

async function resolved(
  host: string,
  resolve: ContactRules['resolve'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = resolve(host).catch((error: unknown) => {
    throw new FetchRefusal(`its host ${host} can't be found`, error);
  });
  // A resolver may be slow and can't be cancelled.
  const stopped = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
  const addresses = await Promise.race([found, stopped]);
  if (addresses.length === 0) throw new FetchRefusal(`its host ${host} can't be found`);
  return addresses;
}

/** Lookup that returns the checked addresses: a second resolution could return others. */
function pinned(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    const [first] = known;
    if (options.all === true) callback(null, known);
    else if (first !== undefined) callback(null, first.address, first.family);
  };
}

async function readAnswer(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  url: string,
  { maxBytes }: FetchRules,
): Promise<PublicAnswer> {
  if (statusCode !== 200) throw new FetchRefusal(`its server answered ${statusCode}`);
  const announced = Number(headers['content-length'] ?? 0);
  if (announced > maxBytes) throw tooLarge(announced);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > maxBytes) throw tooLarge(bytes);
    pieces.push(piece);
  }
  return { url, contentType: String(headers['content-type'] ?? ''), bytes: Buffer.concat(pieces) };
}

function tooLarge(bytes: number): FetchRefusal {
  return new FetchRefusal(`it is larger than allowed: ${bytes} bytes`, undefined, bytes);
}

/** Message of a failed connection. undici has the reason in the cause of some errors. */
function said(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
  return `its server does not answer (${code})`;
}
