// For users.
export { keys } from './keys.ts';
export { keyFile } from './key-file.ts';
export { KeySourceError, KeysExhaustedError } from './keys-error.ts';
export type { KeysOptions } from './keys-options.ts';
export type { Key, KeyList } from './key.ts';
export type { KeySource } from './source.ts';
export type { KeyStrategy } from './strategies.ts';

// For whoever listens.
export { keyRests, keyUsed, keysChanged } from './key-events.ts';
