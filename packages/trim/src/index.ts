// For users.
export { trim } from './trim.ts';
export { TrimError } from './trim-error.ts';
export { CLEARED_OUTPUT } from './strategies.ts';
export { SUMMARY_HEADING } from './summariser.ts';
export type { Keep } from './history.ts';
export type { MaxInputTokens } from './limit.ts';
export type { Strategy, SummariseOptions, TrimOptions } from './trim-options.ts';

// For whoever listens.
export { trimmed } from './trimmer.ts';
export type { Trimming } from './trimmer.ts';
