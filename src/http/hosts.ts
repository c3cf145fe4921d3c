import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { isLoopbackHost } from '../net/loopback.ts';
import { RuntimeFailure } from '../core/failure.ts';

/** Accepted names of a server. */
export interface HostRules {
  readonly names: readonly string[];
  /** Only this machine can reach the server. */
  readonly loopback: boolean;
}

/** Refuses a request with two Host headers or an invalid one: https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
export const requireOneHost: RequestHandler = ({ rawHeaders, headers }, _response, next) => {
  const hosts = rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host');
  if (hosts.length > 1) throw new RuntimeFailure('invalid-request', 'Send one Host header.');
  const { host = '' } = headers;
  if (/[/?#@\\]/.test(host) || (host !== '' && hostname(`http://${host}`) === undefined)) {
    throw new RuntimeFailure(
      'invalid-request',
      `The Host header '${host}' is not a host name. Send the name or address of the server.`,
    );
  }
  next();
};

/**
 * Refuses foreign host names against DNS rebinding: a web page can make a browser send requests to this
 * server, but it can't hide the host name. A numeric address can't be rebound, so a server that is open to
 * the network accepts any.
 */
export function createHostGuard({ names, loopback }: HostRules): RequestHandler {
  const known = new Set(names.map((name) => name.toLowerCase()));
  // Most servers are reached by one name only, so its check is cached.
  let lastKnown: string | undefined;
  return ({ headers: { host } }, _response, next) => {
    if (host !== undefined && host !== lastKnown) {
      const name = hostname(`http://${host}`) ?? '';
      const isKnown =
        isLocalName(name) || known.has(name) || (!loopback && isIP(withoutBrackets(name)) !== 0);
      if (!isKnown) throw foreignHost(host, loopback);
      lastKnown = host;
    }
    next();
  };
}

function foreignHost(host: string, loopback: boolean): RuntimeFailure {
  const refused = loopback
    ? `The Host header '${host}' does not name this machine. Use http://127.0.0.1 or localhost, or `
    : `The Host header '${host}' does not name this server. Use its address, or `;
  return new RuntimeFailure(
    'permission',
    `${refused}start it with --allowed-host ${hostname(`http://${host}`)}.`,
  );
}

/** Host of a URL or an origin; undefined if it can't be read. */
export function hostname(url: string): string | undefined {
  try {
    return new URL(url).hostname;
  } catch {
    return undefined;
  }
}

/** Returns true for names of the local machine. */
export function isLocalName(name: string): boolean {
  return isLoopbackHost(name) || name.endsWith('.localhost');
}

function withoutBrackets(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1');
}
