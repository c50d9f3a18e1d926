// For users.
export { fallback } from './fallback.ts';
export type { FallbackArgs, FallbackOptions, FallbackTarget, TargetFailure } from './fallback-options.ts';
export { FallbackError } from './fallback-error.ts';
export { hedge } from './hedge.ts';
export type { HedgeOptions, PercentileOptions } from './hedge-options.ts';
