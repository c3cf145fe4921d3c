const CANONICAL = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The bytes of base64, which may be broken into lines or of the alphabet for URLs; undefined where it
 * is something else, which Node's own decoder would cut short without a word.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const plain = CANONICAL.test(text) ? text : canonical(text);
  const digits = plain.replace(/(?<!=)=+$/, '').length;
  return digits % 4 === 1 || !CANONICAL.test(plain) ? undefined : Buffer.from(plain, 'base64');
}

function canonical(text: string): string {
  return text.replaceAll(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/');
}
