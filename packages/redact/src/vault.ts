import { createHmac } from 'node:crypto';

const DIGITS = 6;

/** The pseudonyms of one call, and what they stand for. Gone with the call. */
export class Vault {
  readonly #key: string | Uint8Array;
  readonly #tenant: string;
  readonly #originals = new Map<string, string>();

  constructor(key: string | Uint8Array, tenant: string) {
    this.#key = key;
    this.#tenant = tenant;
  }

  get empty(): boolean {
    return this.#originals.size === 0;
  }

  /** The placeholder of a text: the same each time, within a tenant. */
  pseudonym(kind: string, text: string): string {
    const digest = keyedHash(this.#key, 'pseudonym', this.#tenant, kind, text);
    // Longer only where another text of the call has the same digits.
    for (let digits = DIGITS; ; digits += DIGITS) {
      const placeholder = `[${kind}_${digest.slice(0, digits)}]`;
      const known = this.#originals.get(placeholder);
      if (known !== undefined && known !== text && digits < 36) continue;
      this.#originals.set(placeholder, text);
      return placeholder;
    }
  }

  /** What a placeholder of this call stands for. */
  original(placeholder: string): string | undefined {
    return this.#originals.get(placeholder);
  }
}

/** HMAC-SHA-256 (RFC 2104) over parts, in hexadecimal: without the key, nobody can try texts out. */
export function keyedHash(key: string | Uint8Array, ...parts: readonly string[]): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(`${part.length}:${part}`);
  return hmac.digest('hex');
}
