// For users.
export { timeout } from './timeout.ts';
export type { TimeoutOptions } from './timeout-options.ts';
export { deadline } from './deadline.ts';
export { TimeoutError } from './timeout-error.ts';
export type { ClockName, TimeoutErrorOptions } from './timeout-error.ts';

// For authors of interceptors.
export { timedOut } from './bounded.ts';
export type { TimedOut } from './bounded.ts';
