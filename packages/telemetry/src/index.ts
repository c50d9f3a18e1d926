// For users.
export { startTelemetry } from './start-telemetry.ts';
export type { Telemetry, TelemetryReport } from './telemetry.ts';
export type { TelemetryOptions } from './options.ts';
export type { OtlpProtocol } from './environment.ts';
export type { Drop, Signal, SignalReport } from './tally.ts';
export { TelemetryError } from './telemetry-error.ts';
