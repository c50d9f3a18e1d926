import { createHash, hash, type Hash } from 'node:crypto';
import { canonical } from './canonical.ts';

// Below it, hashing at once is cheaper than a hash object; above it, what is hashed need not be held as well.
const WHOLE = 65_536;

/** The SHA-256 of a value's canonical JSON, in hexadecimal; undefined for what is no JSON. */
export function digestOf(value: unknown): string | undefined {
  let pending = '';
  let running: Hash | undefined;
  const written = canonical(value, (text) => {
    pending += text;
    if (pending.length < WHOLE) return;
    running ??= createHash('sha256');
    running.update(pending);
    pending = '';
  });
  if (!written) return undefined;
  return running ? running.update(pending).digest('hex') : hash('sha256', pending, 'hex');
}
