import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { ConfigurationError } from '@interpose/core';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
// NIST SP 800-38D: a random nonce of 96 bits, and a tag of 128.
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;

/** Where keys are read from when none are given: base64, separated by commas, the current one first. */
export const KEYS_VARIABLE = 'INTERPOSE_CACHE_KEYS';

interface SealKey {
  readonly id: Buffer;
  readonly key: Buffer;
}

/**
 * Encrypts and authenticates with AES-256-GCM. The first of its keys closes, any opens: to change keys, put the new one
 * first and take the old one out when its entries have expired.
 */
export class Seal {
  readonly #keys: readonly SealKey[];

  private constructor(keys: readonly Buffer[]) {
    this.#keys = keys.map((key) => ({ id: idOf(key), key }));
  }

  /** @throws {ConfigurationError} which never says a key. */
  static of(keys: readonly string[]): Seal {
    const buffers = keys.map((key) => Buffer.from(key, 'base64'));
    if (buffers.length === 0 || buffers.some((key) => key.byteLength !== KEY_BYTES)) {
      throw new ConfigurationError(
        'cache: encryption must be keys of 32 bytes each, in base64',
        'invalid_option',
      );
    }
    return new Seal(buffers);
  }

  /** @param purpose what the bytes are for; they open for nothing else. */
  close(plain: Uint8Array, purpose: string): Buffer {
    const { id, key } = this.#keys[0] as SealKey;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(purpose));
    const body = [cipher.update(plain), cipher.final()];
    return Buffer.concat([id, nonce, cipher.getAuthTag(), ...body]);
  }

  /** @throws {Error} when it was closed with another key, or changed, or is for something else. */
  open(sealed: Buffer, purpose: string): Buffer {
    const known = this.#keys.find(({ id }) => id.equals(sealed.subarray(0, KEY_ID_BYTES)));
    if (!known) throw new Error('it was encrypted with a key that is not here');
    const nonce = sealed.subarray(KEY_ID_BYTES, KEY_ID_BYTES + NONCE_BYTES);
    const decipher = createDecipheriv(ALGORITHM, known.key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(purpose))
      .setAuthTag(sealed.subarray(KEY_ID_BYTES + NONCE_BYTES, HEAD_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]);
  }
}

function idOf(key: Buffer): Buffer {
  return createHash('sha256').update(key).digest().subarray(0, KEY_ID_BYTES);
}
