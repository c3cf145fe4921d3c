import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { messageOf, RuntimeFailure } from '../../core/failure.ts';

/** Signs outgoing thinking and verifies thinking that clients send back. */
export interface ThinkingSeal {
  /** Returns `portico1.<key id>.<mac>` for thinking that the client sees. */
  sign(text: string): string;
  /** Returns `portico1.<key id>.<mac>.<sealed>` with the encrypted thinking, for `display: omitted`. */
  seal(text: string): string;
  /**
   * Returns the thinking of a block that a client sends back: the decrypted one if the signature contains
   * it, else `text`. A foreign or empty signature is not verified.
   *
   * @throws {invalid-request} if a signature of this key does not match
   */
  open(text: string, signature: string): string;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Creates a seal that signs with HMAC-SHA256 and encrypts with AES-256-GCM.
 *
 * @throws {internal} unless the key has 32 bytes
 */
export function createThinkingSeal(key: Uint8Array): ThinkingSeal {
  if (key.length !== KEY_BYTES) {
    throw new RuntimeFailure(
      'internal',
      `The signing key has ${key.length} bytes instead of ${KEY_BYTES}. Delete its file to create a new one.`,
    );
  }
  const macKey = subkey(key, 'portico thinking mac');
  const sealKey = subkey(key, 'portico thinking seal');
  const prefix = `portico1.${createHash('sha256').update(key).digest('base64url').slice(0, 8)}.`;

  const macOf = (text: string): string =>
    createHmac('sha256', macKey).update(text).digest('base64url');

  return {
    sign: (text) => prefix + macOf(text),
    seal: (text) => `${prefix}${macOf(text)}.${encrypt(sealKey, text)}`,
    open(text, signature) {
      if (!signature.startsWith(prefix)) return text;
      const [mac = '', sealed, ...rest] = signature.slice(prefix.length).split('.');
      const thinking = sealed === undefined ? text : decrypt(sealKey, sealed);
      // Text next to a sealed signature must equal the sealed text, so that the client shows signed text.
      const altered = sealed !== undefined && text !== '' && text !== thinking;
      if (altered || rest.length > 0 || !equal(mac, macOf(thinking))) throw invalidSignature();
      return thinking;
    },
  };
}

function subkey(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), purpose, KEY_BYTES));
}

function encrypt(key: Uint8Array, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
}

function decrypt(key: Uint8Array, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw invalidSignature();
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const body = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([body, decipher.final()]).toString('utf8');
  } catch (error) {
    throw invalidSignature(messageOf(error));
  }
}

function equal(left: string, right: string): boolean {
  const [leftBytes, rightBytes] = [Buffer.from(left), Buffer.from(right)];
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}

/** Error in the API's wording. */
function invalidSignature(cause?: string): RuntimeFailure {
  return new RuntimeFailure('invalid-request', 'Invalid `signature` in `thinking` block', {
    cause,
  });
}
