import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { readBoundedSync } from '../core/regular-file.ts';
import { rememberSecret, SHORTEST_SECRET } from '../core/secrets.ts';
import { isLoopbackHost } from '../net/loopback.ts';
import { given, readInteger, readSwitch, readTextSetting } from './sources.ts';

/** Access rules of a server. */
export interface AccessSettings {
  /** Keys of clients; without any, no key is required. */
  readonly apiKeys: readonly string[];
  /** Allows a non-loopback bind without keys. */
  readonly insecure: boolean;
  /** Accepted host names of requests besides this machine's own. */
  readonly allowedHosts: readonly string[];
  /** Origins whose pages may read responses; `*` means all. */
  readonly corsOrigins: readonly string[];
  /** Limits of each key for a minute; undefined ones do not apply. */
  readonly limits: {
    readonly requests: number | undefined;
    readonly inputTokens: number | undefined;
    readonly outputTokens: number | undefined;
  };
}

/** Flags of a server's access rules. */
export interface AccessFlags {
  readonly apiKey?: readonly string[];
  readonly apiKeyFile?: string;
  readonly insecure?: boolean;
  readonly allowedHost?: readonly string[];
  readonly cors?: readonly string[];
  readonly limitRequests?: string;
  readonly limitInputTokens?: string;
  readonly limitOutputTokens?: string;
}

/**
 * Reads the access rules of a server, and registers its keys as secrets.
 *
 * @throws {invalid-request} for an invalid value
 */
export function readAccess(flags: AccessFlags, environment: NodeJS.ProcessEnv): AccessSettings {
  const apiKeys = readKeys(flags, environment);
  refuseShort(apiKeys);
  apiKeys.forEach(rememberSecret);
  return {
    apiKeys,
    insecure:
      flags.insecure ?? readSwitch(given(undefined, 'PORTICO_INSECURE', environment)) ?? false,
    allowedHosts: (flags.allowedHost ?? listed(environment['PORTICO_ALLOWED_HOSTS'])).map(readHost),
    corsOrigins: (flags.cors ?? listed(environment['PORTICO_CORS'])).map((text) =>
      readOrigin(text, apiKeys.length > 0),
    ),
    limits: readLimits(flags, environment),
  };
}

/**
 * Refuses a bind that would be open to the network without a key.
 *
 * @throws {invalid-request}
 */
export function refuseOpenBind(host: string, { insecure, apiKeys }: AccessSettings): void {
  if (isLoopbackHost(host) || insecure || apiKeys.length > 0) return;
  throw new RuntimeFailure(
    'invalid-request',
    `'${host}' can be reached from the network: set keys with --api-key-file FILE, --api-key KEY ` +
      'or PORTICO_API_KEYS, or allow everyone with --insecure',
  );
}

function readLimits(flags: AccessFlags, environment: NodeJS.ProcessEnv): AccessSettings['limits'] {
  const read = (name: string, text: string | undefined, variable: string) =>
    readInteger(given({ name, text }, variable, environment), { minimum: 1 });
  const { limitRequests, limitInputTokens, limitOutputTokens } = flags;
  return {
    requests: read('--limit-requests', limitRequests, 'PORTICO_LIMIT_REQUESTS'),
    inputTokens: read('--limit-input-tokens', limitInputTokens, 'PORTICO_LIMIT_INPUT_TOKENS'),
    outputTokens: read('--limit-output-tokens', limitOutputTokens, 'PORTICO_LIMIT_OUTPUT_TOKENS'),
  };
}

function readKeys(flags: AccessFlags, environment: NodeJS.ProcessEnv): readonly string[] {
  const { apiKey = [], apiKeyFile } = flags;
  if (apiKey.length > 0 || apiKeyFile !== undefined) {
    return [
      ...apiKey.map((text) => readTextSetting({ name: '--api-key', text }) ?? text),
      ...(apiKeyFile === undefined ? [] : readKeyFile(apiKeyFile)),
    ];
  }
  const file = environment['PORTICO_API_KEY_FILE'] ?? '';
  return [...listed(environment['PORTICO_API_KEYS']), ...(file === '' ? [] : readKeyFile(file))];
}

/** Refuses short keys: they occur in ordinary texts, so a log can't redact them. */
function refuseShort(apiKeys: readonly string[]): void {
  const short = apiKeys.findIndex(({ length }) => length < SHORTEST_SECRET);
  if (short === -1) return;
  throw new RuntimeFailure(
    'invalid-request',
    `API key ${short + 1} has fewer than ${SHORTEST_SECRET} characters, so it is easy to guess and can't ` +
      'be kept out of logs; choose a longer one, such as: openssl rand -hex 16',
  );
}

/** Reads keys from a file, one per line. Unlike arguments, other users of the machine can't see them. */
function readKeyFile(file: string): readonly string[] {
  const keys = linesOf(file).filter((line) => line !== '');
  if (keys.length > 0) return keys;
  throw new RuntimeFailure('invalid-request', `${file} has no key; write one a line`);
}

function linesOf(file: string): readonly string[] {
  try {
    return textOf(readOwnFile(file))
      .split('\n')
      .map((line) => line.trim());
  } catch (error) {
    throw new RuntimeFailure(
      'invalid-request',
      `the keys of ${file} can't be used: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Size limit of a key file; thousands of keys fit. */
const MOST_KEY_BYTES = 1024 * 1024;

/** Reads a file, or a pipe for a shell's `<(…)`, that only its owner may open. */
function readOwnFile(file: string): Buffer {
  checkOwn(statSync(file), file);
  const opened = openSync(file, 'r');
  try {
    // Another file may have replaced it since the first check.
    checkOwn(fstatSync(opened), file);
    return readBoundedSync(opened, MOST_KEY_BYTES);
  } finally {
    closeSync(opened);
  }
}

function checkOwn(status: Stats, file: string): void {
  if (!status.isFile() && !status.isFIFO()) throw new Error('it is neither a file nor a pipe');
  if (process.platform !== 'win32' && (status.mode & 0o077) !== 0) {
    throw new Error(`others than its owner may open it; close it with: chmod 600 ${file}`);
  }
}

/** Decodes UTF-8 only: keys in another encoding would not match those that clients send. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  // UTF-16 without a byte order mark is valid UTF-8 with a NUL next to each letter.
  if (isUtf8(bytes) && !text.includes('\0')) return text.replace(/^\ufeff/, '');
  throw new Error('it is not UTF-8 text; save it as UTF-8');
}

function readHost(text: string): string {
  const name = text.trim().toLowerCase();
  if (URL.canParse(`http://${name}`) && new URL(`http://${name}`).hostname === name) return name;
  throw new RuntimeFailure(
    'invalid-request',
    `--allowed-host: '${text}' is not a host name; use one without scheme and port, such as portico.lan`,
  );
}

/** Normalizes an origin to the form that browsers send. */
function readOrigin(text: string, hasKeys: boolean): string {
  const origin = text.trim().replace(/\/$/, '').toLowerCase();
  if (origin === '*') {
    if (hasKeys) return origin;
    throw new RuntimeFailure(
      'invalid-request',
      "--cors: '*' would let every page of the web use a server without a key; name the origins, or set keys",
    );
  }
  const [scheme, host, ...rest] = origin.split('://');
  const canonical = /^https?:/.test(origin) && URL.canParse(origin) && new URL(origin).origin;
  if (rest.length === 0 && scheme && host && !host.includes('/')) return canonical || origin;
  throw new RuntimeFailure(
    'invalid-request',
    `--cors: '${text}' is not an origin; use scheme, host and port, such as http://localhost:5173`,
  );
}

/** Items of a variable with a list. */
export function listed(text = ''): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
