// For users.
export { stop } from './stop.ts';
export type { StopOptions, StopRule } from './stop-options.ts';
export type { JsonPredicate, JsonSoFar } from './rules/json.ts';
export type { Predicate, TextSoFar } from './rules/predicate.ts';

// For authors of interceptors.
export { enough } from './stop.ts';
export type { Enough } from './stop.ts';
