const MAX_LENGTH = 300;

/** Text of a server as one line that a message may quote, with everything that looks like a key redacted. */
export function oneLine(text: string): string {
  return withoutKeys(text).replaceAll(/\s+/g, ' ').trim().slice(0, MAX_LENGTH);
}

const REDACTED = '[redacted]';

/** Keys by how they begin, and what stands where keys stand. */
const KEYS = [
  /\b(?:sk|pk|rk|ak|gsk|xai|pplx|nvapi|hf|r8|csk|fw|tgp|ghp|gho|ghs|github_pat|glpat|AKIA|AIza)[-_]?[\w-]{12,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g,
  /(?<=\bbearer\s+["']?)[^\s"',;]{6,}/gi,
  /(?<=\b(?:api[-_ ]?key|access[-_ ]?token|authorization|secret)(?: provided)?["']?\s*[:=]\s*["']?)(?!bearer\b)[^\s"',;&]{6,}/gi,
];

/**
 * A text without the secrets and without what looks like a key: servers repeat the key that they
 * refuse.
 */
export function withoutKeys(text: string, secrets: Iterable<string> = []): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, REDACTED);
  for (const pattern of KEYS) clean = clean.replaceAll(pattern, REDACTED);
  return clean;
}

/** A text as JSON, or undefined where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
