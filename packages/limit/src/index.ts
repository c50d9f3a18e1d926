// For users.
export { limit } from './limit.ts';
export type { LimitOptions } from './limit-options.ts';
export type { RateOptions } from './rate.ts';
export { LimitExceededError } from './limit-error.ts';
export type { LimitExceededOptions, LimitName } from './limit-error.ts';
export { LIMIT_STORE } from './limit-store.ts';
export { memoryLimitStore } from './memory-limit-store.ts';

// For authors of stores.
export type {
  LimitSettlement,
  LimitStore,
  RateCorrection,
  RateCost,
  SlotRef,
  SlotRequest,
  TakeAnswer,
  TakeRequest,
} from './limit-store.ts';
