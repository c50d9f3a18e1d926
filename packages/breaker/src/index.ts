// For users.
export { breaker } from './breaker.ts';
export type { BreakerPlugin } from './breaker.ts';
export type { BreakerChange, BreakerOptions, SampleOptions } from './breaker-options.ts';
export { BreakerOpenError } from './breaker-error.ts';
export type { BreakerOpenOptions } from './breaker-error.ts';
export { BREAKER_STORE } from './breaker-store.ts';
export { memoryBreakerStore } from './memory-breaker-store.ts';
export { breakerChanged } from './circuits.ts';
export type { TargetState } from './circuits.ts';

// For authors of stores.
export type {
  BreakerReport,
  BreakerRules,
  BreakerState,
  BreakerStore,
  EnterAnswer,
  EnterRequest,
  ReportAnswer,
} from './breaker-store.ts';
