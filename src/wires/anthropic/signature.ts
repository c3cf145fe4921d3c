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

/** Signs the thinking that leaves this server, and checks what comes back of it. */
export interface ThinkingSeal {
  /** `portico1.<key id>.<mac>` for thinking that the client sees. */
  sign(text: string): string;
  /** The same with the thinking itself encrypted inside, for `display: omitted` (`portico1.<key id>.<mac>.<sealed>`). */
  seal(text: string): string;
  /**
   * The thinking behind a block that came back. A signature of our key with a wrong mac throws
   * invalid-request; a foreign or empty one returns `text` as it is; a sealed one what is inside.
   */
  open(text: string, signature: string): string;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Makes the seal of a key of 32 bytes; HMAC-SHA256 signs and AES-256-GCM encrypts. Throws on another length. */
export function createThinkingSeal(key: Uint8Array): ThinkingSeal {
  if (key.length !== KEY_BYTES) {
    throw new RuntimeFailure(
      'internal',
      `The signing key has ${key.length} bytes instead of ${KEY_BYTES}; delete its file and a new one is made.`,
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
      // Text beside a sealed signature must be the sealed one: what the client shows is what we signed.
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

/** The API's words for it. */
function invalidSignature(cause?: string): RuntimeFailure {
  return new RuntimeFailure('invalid-request', 'Invalid `signature` in `thinking` block', {
    cause,
  });
}
