/**
 * Secrets of this process: the keys of its own clients, of servers that it asks, of Hugging Face. There
 * is one set for the process, since an error or a log line may carry one from anywhere to anywhere.
 */
const known = new Set<string>();

/** Shorter values are words, which a text may well have. */
const SHORTEST = 6;

const REDACTED = '[redacted]';

/** Adds a key to those that no message or log line of this process shows from now on. */
export function rememberSecret(secret: string): void {
  if (secret.length < SHORTEST) return;
  known.add(secret);
  // As a log line has it.
  known.add(JSON.stringify(secret).slice(1, -1));
}

/** Returns a text without the secrets of this process. */
export function withoutSecrets(text: string): string {
  let clean = text;
  for (const secret of known) clean = clean.replaceAll(secret, REDACTED);
  return clean;
}

/** Keys by how they begin, and what stands where keys stand. */
const KEYS = [
  /\b(?:sk|pk|rk|ak|gsk|xai|pplx|nvapi|hf|r8|csk|fw|tgp|ghp|gho|ghs|github_pat|glpat|AKIA|AIza)[-_]?[\w-]{12,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g,
  /(?<=\bbearer\s+["']?)[^\s"',;]{6,}/gi,
  /(?<=\b(?:api[-_ ]?key|access[-_ ]?token|authorization|secret)(?: provided)?["']?\s*[:=]\s*["']?)(?!bearer\b)[^\s"',;&]{6,}/gi,
];

/**
 * Returns the text of another program without the secrets of this process and without what looks like
 * a key: servers repeat the key that they refuse.
 */
export function withoutKeys(text: string): string {
  let clean = withoutSecrets(text);
  for (const pattern of KEYS) clean = clean.replaceAll(pattern, REDACTED);
  return clean;
}
