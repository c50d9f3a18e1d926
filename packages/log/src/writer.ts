import { CLOCK, LOGGER, consoleLogger, type DependencyContainer, type Logger } from '@interpose/core';
import type { LogEntry } from './entry.ts';
import { line, sentence } from './words.ts';

/** The levels, from quiet to loud. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** How loud a line is. */
export type LogLevel = (typeof LEVELS)[number];

/** Writes one line. */
export type Write = (level: LogLevel, entry: LogEntry, extra?: Readonly<Record<string, unknown>>) => unknown;

/** Finds out where lines go: fields and a message to a logger, and to the bare console lines for people. */
export function writer(container: DependencyContainer, given: Logger | undefined): Write {
  const logger = given ?? container.resolve(LOGGER);
  if (logger !== consoleLogger) {
    return (level, entry, extra) => logger[level](extra ? { ...extra, ...entry } : entry, sentence(entry));
  }
  const clock = container.resolve(CLOCK);
  return (level, entry, extra) => console[level](line(entry, clock.now(), extra ?? {}));
}

/** Whether a value can be logged to. */
export function isLogger(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    LEVELS.every((level) => typeof (value as Partial<Logger>)[level] === 'function')
  );
}
