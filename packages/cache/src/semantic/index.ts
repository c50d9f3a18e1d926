// For users.
export { semanticCache } from './semantic-cache.ts';
export type { Likeness, SemanticCacheOptions, Verify } from './semantic-options.ts';
export type { Embed } from './embedder.ts';
export { memoryVectorIndex } from './memory-vector-index.ts';
export type { MemoryVectorIndexOptions } from './memory-vector-index.ts';

// For authors of indexes, and of whatever listens.
export { VECTOR_INDEX } from './vector-index.ts';
export type { Nearby, Neighbour, VectorIndex } from './vector-index.ts';
export * from './semantic-events.ts';
