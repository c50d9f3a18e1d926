/**
 * A number in [0, 1) that is the same for the same words, in every process: where a value stands in a canary, or among
 * targets. FNV-1a over UTF-16 units, with the last mixing of MurmurHash3, so that values that differ in one digit lie far apart.
 */
export function stableShare(...words: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const unit of words.join('\n')) {
    hash ^= unit.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) / 2 ** 32;
}
