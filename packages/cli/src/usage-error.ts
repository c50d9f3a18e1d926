import { InterposeError } from '@interpose/core';

/** Thrown for a command line that cannot be meant. */
export class UsageError extends InterposeError {
  override readonly name = 'UsageError';

  constructor(message: string) {
    super(message, { code: 'usage' });
  }
}
