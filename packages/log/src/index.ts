// For users.
export { log } from './log.ts';
export type { LogOptions } from './log.ts';
export type { LogLevel } from './writer.ts';

// For authors of loggers, and of fields.
export type { EndedCall, LogEntry, LogFailure } from './entry.ts';
