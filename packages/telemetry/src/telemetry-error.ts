import { InterposeError } from '@interpose/core';

/** Thrown by `startTelemetry` when the SDK cannot be started. `code` says why. */
export class TelemetryError extends InterposeError {
  override readonly name = 'TelemetryError';

  constructor(message: string, code: 'telemetry_already_started' | 'telemetry_not_started') {
    super(message, { code, status: 500 });
  }
}
