// For users.
export { tokens } from './tokens.ts';
export { tokenCounter } from './token-counter.ts';
export type { TokensOptions } from './token-counter.ts';
