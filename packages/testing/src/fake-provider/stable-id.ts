import { hash } from 'node:crypto';

/** The moment at which everything here was created, in seconds: the first of January 2025, UTC. */
export const CREATED = 1_735_689_600;

/** Hashes text or bytes to 40 hexadecimal digits. */
export function digest(data: string | Uint8Array): string {
  return hash('sha1', data, 'hex');
}

/** Makes an id that depends on the seed and on nothing else, so that a rerun reads the same. */
export function stableId(prefix: string, seed: string): string {
  return prefix + digest(prefix + seed).slice(0, 24);
}
