import type { Clock } from '@interpose/core';

/** What a command runs in: a process, or a test. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** Where text goes; `process.stdout` is one. */
export interface Output extends NodeJS.WritableStream {
  /** Whether somebody reads it on a terminal. */
  readonly isTTY?: boolean;
  /** How wide that is. */
  readonly columns?: number;
}
