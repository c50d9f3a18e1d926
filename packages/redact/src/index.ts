// For users.
export { REDACTION_SECRET, redact } from './redact.ts';
export type { MatchNotice, RedactOptions } from './redact-options.ts';
export type { Action, ActionChoice } from './actions.ts';
export { RedactionError } from './redaction-error.ts';
export type { RedactionErrorOptions } from './redaction-error.ts';
export { scrub, scrubber } from './scrub.ts';
export type { ScrubberOptions } from './scrub.ts';
export { defaultRules, furtherPersonalRules, personalRules, secretRules } from './rules/index.ts';

// For authors of rules and detectors.
export type { Candidate, Rule } from './rule.ts';
export type { DetectedSpan, Detector, DetectorContext } from './detector.ts';
export { unread } from './report.ts';
