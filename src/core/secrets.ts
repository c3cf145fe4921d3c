/**
 * Secrets of this process: the keys of its own clients, of servers that it asks, of Hugging Face. There
 * is one set for the process, since an error or a log line may carry one from anywhere to anywhere.
 */
const known = new Set<string>();

/** The secrets as texts may spell them: as they are, and escaped or encoded. */
const spellings = new Set<string>();

/** Length of the shortest text that counts as a secret. Shorter ones are words, which a text may well have. */
export const SHORTEST_SECRET = 6;

const REDACTED = '[redacted]';

/** Adds a key to those that no message or log line of this process shows from now on. */
export function rememberSecret(secret: string): void {
  if (secret.length < SHORTEST_SECRET || known.has(secret)) return;
  known.add(secret);
  for (const spelling of spellingsOf(secret)) {
    if (spelling.length >= SHORTEST_SECRET) spellings.add(spelling);
  }
}

const SECRET_PARAMETER = /key|token|secret|sig|pass|auth|code|cred/i;

/** Adds the password of a URL, and those parts of its query that are keys by their name. */
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
    // A percent sign that begins no escape stands for itself.
    return text;
  }
}

function spellingsOf(secret: string): readonly string[] {
  const text = secret.toWellFormed();
  return [
    secret,
    // As a log line has it.
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(text),
    new URLSearchParams({ '': text }).toString().slice(1),
    ...[0, 1, 2].flatMap((offset) => base64Spellings(text, offset)),
  ];
}

/**
 * Characters that base64 has for a text which stands `offset` bytes behind a multiple of three, such as a
 * password behind its user. Characters that depend on what stands around it are left out.
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

/** Characters that are looked at past the end of what is shown: more than a key needs to be recognised. */
const LEAST_AHEAD = 64;

/**
 * Returns the text of another program without the secrets of this process and without what looks like
 * a key: servers repeat the key that they refuse.
 *
 * @param length number of the text's characters to return; a key that goes on past them is redacted too
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

/**
 * Keys by how they begin, and what stands where keys stand: all of a match but its first group. None looks
 * behind, and none begins within a match that failed late, so that they take linear time on any text.
 */
const KEYS = [
  /\b()(?:sk|pk|rk|ak|gsk|xai|pplx|nvapi|hf|r8|csk|fw|tgp|ghp|gho|ghs|github_pat|glpat|AKIA|AIza)[-_]?[\w-]{12,}/g,
  /\b()eyJ[\w.-]{17,}/g,
  /\b(bearer\s+["']?)[^\s"',;]{6,}/gi,
  /\b((?:api[-_ ]?key|access[-_ ]?token|authorization|secret)(?: provided)?["']?\s*[:=]\s*["']?(?:basic )?)(?!bearer\b)[^\s"',;&]{6,}/gi,
  /([?&](?:key|token|sig|signature|password|code)=)[^\s"'&#]{6,}/gi,
];

function keysIn(text: string): readonly Range[] {
  return KEYS.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ index, 0: match, 1: before = '' }): Range => [
      index + before.length,
      index + match.length,
    ]),
  );
}

/** Replaces parts of a text. Those that overlap are replaced as one, so that no rest of a key stays. */
function redact(text: string, parts: readonly Range[]): string {
  let clean = '';
  let done = 0;
  for (const [start, end] of parts.toSorted(([one], [other]) => one - other)) {
    if (start >= done) clean += text.slice(done, start) + REDACTED;
    done = Math.max(done, end);
  }
  return clean + text.slice(done);
}
