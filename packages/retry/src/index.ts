// For users.
export { retry } from './retry.ts';
export type { RetryOptions } from './retry-options.ts';
export { RetryError } from './retry-error.ts';
export type { RetryStop } from './retry-error.ts';
export { decorrelated, exponential } from './backoff.ts';
export type { RetryBudgetOptions } from './retry-budget.ts';

// For authors of delays.
export type { Delay, DelayArgs } from './backoff.ts';
