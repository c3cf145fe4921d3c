import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { createConnector } from './connector.ts';
import { isMetadataName } from './metadata-services.ts';

/** What may be contacted, and how it is found. */
export interface ContactRules {
  /** Whether an address of a URL's server may be connected to. */
  readonly mayContact: (address: string) => boolean;
  /** All addresses of a host. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** For the whole of it, redirects included. */
  readonly withinMs: number;
}

/** What is asked for, and how much of it is taken. */
export interface FetchRules extends ContactRules {
  readonly accept: string;
  readonly maxBytes: number;
  /** Whether a redirect may lead to a URL, beyond what holds for its address. Default: it may. */
  readonly mayVisit?: (url: string) => boolean;
}

const MAX_REDIRECTS = 5;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** All addresses of a host by the machine's own resolver. Throws where there is none. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** Why a URL was not fetched, as the end of a sentence about it. */
export class FetchRefusal extends Error {
  override readonly name = 'FetchRefusal';
  /** Bytes of a body that is too large, as far as they are known. */
  readonly tooManyBytes: number | undefined;

  constructor(reason: string, cause?: unknown, tooManyBytes?: number) {
    super(reason, { cause });
    this.tooManyBytes = tooManyBytes;
  }
}

/** What answered, behind all redirects. */
export interface PublicAnswer {
  readonly url: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/**
 * What lies at a URL of somebody else's. Whatever the URL or a redirect says, only addresses that may
 * be contacted are: a host is resolved once, and the connection goes to what was checked.
 *
 * @throws FetchRefusal with the reason, RuntimeFailure `cancelled` on abort
 */
export async function fetchPublic(
  url: string,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<PublicAnswer> {
  const late = AbortSignal.timeout(rules.withinMs);
  try {
    return await follow(url, rules, AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted) {
      throw new RuntimeFailure('cancelled', 'the request was cancelled', { cause: error });
    }
    if (error instanceof FetchRefusal) throw error;
    const reason = late.aborted ? `it took longer than ${rules.withinMs / 1000} s` : said(error);
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
      throw new FetchRefusal('it redirects to where it may not lead');
    }
    const addresses = await addressesOf(target, rules, signal);
    const agent = new Agent({
      connect: createConnector({ lookup: pinned(addresses), timeout: rules.withinMs }),
    });
    try {
      const answer = await request(target, {
        dispatcher: agent,
        headers: headersOf(rules),
        signal,
      });
      // What is left of a body ends with its connection, which nobody needs to hear of.
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

function parseTarget(url: string): URL {
  if (!URL.canParse(url)) throw new FetchRefusal('it is no valid URL');
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
    throw new FetchRefusal(
      `${host} is the metadata service of a cloud, and no such one is contacted`,
    );
  }
  const addresses = isIP(host) === 0 ? await resolved(host, resolve, signal) : [host];
  if (addresses.every(mayContact)) return addresses;
  const what = isIP(host) === 0 ? 'leads to an address that is not public' : 'is no public address';
  throw new FetchRefusal(`${host} ${what}, and no other is contacted`);
}

async function resolved(
  host: string,
  resolve: ContactRules['resolve'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = resolve(host).catch((error: unknown) => {
    throw new FetchRefusal(`its host ${host} can't be found`, error);
  });
  // A resolver takes its time, and can't be told to stop.
  const stopped = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
  const addresses = await Promise.race([found, stopped]);
  if (addresses.length === 0) throw new FetchRefusal(`its host ${host} can't be found`);
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

/** What a failed connection says: undici keeps the reason in the cause of some errors. */
function said(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
  return `its server does not answer (${code})`;
}
