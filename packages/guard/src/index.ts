// For users.
export { guard } from './guard.ts';
export { GuardError } from './guard-error.ts';
export { injectionHeuristics } from './injection.ts';
export type { GuardOptions, ViolationNotice } from './guard-options.ts';
export type { GuardPolicy, RequiredOption } from './policy.ts';
export type { GuardAction } from './rule.ts';

// For authors of checks, and for whoever listens.
export { violated } from './guarding.ts';
export type { CheckArgs, CheckedText, Finding, RequestCheck } from './check.ts';
