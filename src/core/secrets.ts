/**
 * Secrets of this process: keys of its clients, of upstream servers, and of Hugging Face. The set is global,
 * because any error or log line may contain any of them.
 */
const known = new Set<string>();

/** Spellings of the secrets: plain, escaped and encoded. */
const spellings = new Set<string>();

/** Length of the shortest text that counts as a secret. Shorter ones occur as ordinary words. */
export const SHORTEST_SECRET = 6;

const REDACTED = '[redacted]';

/** Registers a key, which messages and log lines redact from now on. */
export function rememberSecret(secret: string): void {
  if (secret.length < SHORTEST_SECRET || known.has(secret)) return;
  known.add(secret);
  for (const spelling of spellingsOf(secret)) {
    if (spelling.length >= SHORTEST_SECRET) spellings.add(spelling);
  }
}

/** Headers that describe the client or the request; the values of all others may be keys. */
const PUBLIC_HEADER =
  /^(?:accept.*|content-.*|user-agent|origin|(?:http-)?referer|x-title|.*-(?:version|beta))$/i;

/** Registers the values of headers that are sent to a server, and the keys within them. */
export function rememberSecretsOfHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (PUBLIC_HEADER.test(name)) continue;
    rememberSecret(value);
    // The scheme of a key is none of it: `Bearer KEY`, `Token KEY`. Two words of another header may be a text.
    const form = /authorization$/i.test(name) ? /^([\w-]+)\s+(\S.*)$/ : /^([\w-]+)\s+(\S+)$/;
    const [, scheme = '', key = ''] = form.exec(value) ?? [];
    rememberSecret(key);
    if (/^basic$/i.test(scheme))
      rememberSecret(
        Buffer.from(key, 'base64')
          .toString()
          .replace(/^[^:]*:/, ''),
      );
    if (/cookie/i.test(name)) {
      for (const [, part = ''] of value.matchAll(/=([^;]+)/g)) rememberSecret(part.trim());
    }
  }
}

const SECRET_PARAMETER = /key|token|secret|sig|pass|auth|code|cred/i;

/** Registers the password of a URL, and the query values whose names mean a key. */
export function rememberSecretsOfUrl(url: string): void {
  const { username, password, searchParams } = new URL(url);
  rememberSecret(decoded(password));
  // A user name without a password is a key, as in `https://TOKEN@host`.
  if (password === '') rememberSecret(decoded(username));
  for (const [name, value] of searchParams) {
    if (SECRET_PARAMETER.test(name)) rememberSecret(value);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that begins no escape is literal.
    return text;
  }
}

function spellingsOf(secret: string): readonly string[] {
  const text = secret.toWellFormed();
  return [
    secret,
    // JSON spelling, as in a log line.
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(text),
    new URLSearchParams({ '': text }).toString().slice(1),
    ...[0, 1, 2].flatMap((offset) => base64Spellings(text, offset)),
  ];
}

/**
 * Base64 spellings of a text that starts `offset` bytes after a multiple of three, such as a password after
 * its user. Characters that depend on the surrounding bytes are left out.
 */
function base64Spellings(text: string, offset: number): readonly string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor((bytes.length * 8) / 6);
  return [
    bytes.toString('base64').slice(first, end),
    bytes.toString('base64url').slice(first, end),
  ];
}

/** Start and end of a part of a text. */
type Range = readonly [start: number, end: number];

/** Returns a text without the secrets of this process. */
export function withoutSecrets(text: string): string {
  return redact(text, secretsIn(text));
}

/** Characters that are read past the shown end: more than the recognition of a key needs. */
const LEAST_AHEAD = 64;

/**
 * Returns the text of another program without the secrets of this process and without texts that look like
 * keys: servers repeat the key that they refuse.
 *
 * @param length number of characters to return; a key that continues past them is redacted too
 */
export function withoutKeys(text: string, length = text.length): string {
  let ahead = LEAST_AHEAD;
  for (const spelling of spellings) ahead = Math.max(ahead, spelling.length);
  const read = text.slice(0, length + ahead);
  const parts = [...secretsIn(read), ...keysIn(read)].filter(([start]) => start < length);
  return redact(text.slice(0, length), parts);
}

function secretsIn(text: string): readonly Range[] {
  const found: Range[] = [];
  for (const secret of spellings) {
    let at = text.indexOf(secret);
    for (; at !== -1; at = text.indexOf(secret, at + 1)) found.push([at, at + secret.length]);
  }
  return found;
}

/** Prefixes of keys, followed by `-` or `_`. */
const PREFIXED =
  /\b(?:sk|pk|rk|ak|gsk|xai|pplx|nvapi|hf|r8|csk|fw|tgp|ghp|gho|ghs|github_pat|glpat)[-_][\w-]{12,}/g;

/**
 * Patterns of keys, by their form or by their context; the key is the match without its first group. They
 * have no lookbehind, and no match can start inside a late failure, so they take linear time on any text.
 */
const KEYS = [
  /\b()AKIA[A-Z\d]{12,}/g,
  /\b()AIza[\w-]{20,}/g,
  /\b()eyJ[\w.-]{17,}/g,
  /\b(bearer\s+["']?)[^\s"',;]{6,}/gi,
  /\b((?:api[-_ ]?key|access[-_ ]?token|authorization|secret)(?: provided)?["']?\s*[:=]\s*["']?(?:basic )?)(?!bearer\b)[^\s"',;&]{6,}/gi,
  /(:\/\/[^\s:/@"']{0,64}:)[^\s:/@"']{3,}(?=@)/g,
  /([?&](?:key|token|sig|signature|password|code)=)[^\s"'&#]{6,}/gi,
];

/** Words of an error in the place of a key, as in `authorization: required`. */
const NO_KEY =
  /^(?:auth[a-z]*|credentials?|expired|headers?|invalid|malformed|missing|required|scheme|string|tokens?|undefined)[.:!?)]*$/i;

function keysIn(text: string): readonly Range[] {
  const prefixed = [...text.matchAll(PREFIXED)].filter(([key]) => isRandom(key));
  const byContext = KEYS.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ index, 0: match, 1: before = '' }): Range => [
      index + before.length,
      index + match.length,
    ]),
  ).filter(([start, end]) => !NO_KEY.test(text.slice(start, end)));
  return [...prefixed.map(({ index, 0: key }): Range => [index, index + key.length]), ...byContext];
}

/** Returns true if a text has a part as keys have, so that it is no name such as `sk-learn-based-classifier`. */
function isRandom(text: string): boolean {
  return text
    .split(/[-_]/)
    .some((part) => part.length >= 16 || (part.length >= 10 && /\d/.test(part)));
}

/** Replaces ranges of a text. Overlapping ranges are replaced as one, so that no rest of a key remains. */
function redact(text: string, parts: readonly Range[]): string {
  let clean = '';
  let done = 0;
  for (const [start, end] of parts.toSorted(([one], [other]) => one - other)) {
    if (start >= done) clean += text.slice(done, start) + REDACTED;
    done = Math.max(done, end);
  }
  return clean + text.slice(done);
}
