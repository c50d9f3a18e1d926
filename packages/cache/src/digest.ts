import { createHash, hash, type Hash } from 'node:crypto';
import { canonical, inOrder } from './canonical.ts';

// Above it, what is hashed need not be there in one piece as well.
const PIECE = 65_536;

/**
 * The SHA-256 of a value's canonical JSON, in hexadecimal; undefined for what is no JSON.
 *
 * @param length about how long the JSON is
 */
export function digestOf(value: unknown, length: number): string | undefined {
  const ordered = length < PIECE ? inOrder(value) : undefined;
  if (ordered !== undefined) return hash('sha256', JSON.stringify(ordered), 'hex');
  let pending = '';
  const running: Hash = createHash('sha256');
  const written = canonical(value, (text) => {
    pending += text;
    if (pending.length < PIECE) return;
    running.update(pending);
    pending = '';
  });
  return written ? running.update(pending).digest('hex') : undefined;
}
