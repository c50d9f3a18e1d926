// For users.
export { validate } from './validate.ts';
export type { Deliver, ValidateOptions } from './validate-options.ts';
export { InvalidOutputError } from './invalid-output-error.ts';
export type { NotRepaired } from './invalid-output-error.ts';
export type { Violation } from './violation.ts';
export type { AnyStandardSchema } from './standard-schema.ts';
export { VALIDATE_HEADER } from './hearing.ts';

// For authors of checks.
export type { Check, CheckArgs, CheckResult, Watch } from './check.ts';
export { CheckTimeoutError } from './check-runner.ts';
export { unsupported } from './demands.ts';

// Ready checks.
export { maxLength } from './checks/max-length.ts';
export { matches } from './checks/matches.ts';
export { noneOf } from './checks/none-of.ts';
export { language } from './checks/language.ts';
export type { DetectLanguage, LanguageOptions } from './checks/language.ts';
export { citesOnly } from './checks/cites-only.ts';
export type { CitesOnlyOptions, Sources } from './checks/cites-only.ts';
export { grounded } from './checks/grounded.ts';
export type { GroundedOptions, Grounding } from './checks/grounded.ts';
export { moderated } from './checks/moderated.ts';
export type { ModeratedOptions } from './checks/moderated.ts';
export type { CheckOptions } from './checks/named.ts';
