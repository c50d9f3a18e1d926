/** An embedding that cannot be used: not numbers, or all of them 0. */
export class EmbeddingError extends Error {
  override readonly name = 'EmbeddingError';
  readonly code = 'semantic_cache_embedding';
}

/** The vector of length 1 in the same direction, so that a dot product is a cosine. @throws {EmbeddingError} */
export function unit(vector: ArrayLike<number>): Float32Array {
  const copy = Float32Array.from(vector);
  let squares = 0;
  for (const value of copy) squares += value * value;
  const length = Math.sqrt(squares);
  if (!(length > 0 && length < Infinity)) {
    throw new EmbeddingError(`semanticCache: an embedding of ${copy.length} numbers has no direction`);
  }
  for (let at = 0; at < copy.length; at++) copy[at] = (copy[at] as number) / length;
  return copy;
}
