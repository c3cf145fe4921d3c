const CANONICAL = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Decodes base64, which may have line breaks or the URL alphabet. Returns undefined for any other text,
 * which Node's own decoder would silently truncate.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const plain = CANONICAL.test(text) ? text : canonical(text);
  const digits = plain.replace(/(?<!=)=+$/, '').length;
  return digits % 4 === 1 || !CANONICAL.test(plain) ? undefined : Buffer.from(plain, 'base64');
}

function canonical(text: string): string {
  return text.replaceAll(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/');
}
