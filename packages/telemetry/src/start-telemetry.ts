import { ConfigurationError, systemClock, type Clock } from '@interpose/core';
import { getBooleanFromEnv, getStringFromEnv } from '@opentelemetry/core';
import { startNodeSdk } from '@opentelemetry/sdk-node';
import { isRegistered, unregister } from './globals.ts';
import { Notices } from './notices.ts';
import { UNIT, checkTelemetryOptions, type TelemetryOptions } from './options.ts';
import type { OtlpTarget } from './otlp-target.ts';
import { logPipeline, metricPipeline, spanPipeline, type Pipeline } from './pipeline.ts';
import { SIGNALS, Tally, type Signal } from './tally.ts';
import { TelemetryError } from './telemetry-error.ts';
import { RunningTelemetry, type Telemetry } from './telemetry.ts';

/**
 * Starts OpenTelemetry for this process: spans, metrics and logs are exported over OTLP/HTTP. Options win over the
 * standard variables of the environment.
 *
 * @throws {ConfigurationError} for a wrong option, or a variable that cannot be followed.
 * @throws {TelemetryError} when an SDK is already registered, this one or another, or the SDK does not start.
 */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  checkTelemetryOptions(options);
  const { serviceName, resourceAttributes, signals = SIGNALS, shutdownTimeout = '5s', onDrop } = options;
  checkSurroundings();

  const clock = systemClock;
  const disabled = getBooleanFromEnv('OTEL_SDK_DISABLED') ?? false;
  const notices = new Notices(clock, onDrop);
  const tallies = {
    spans: new Tally('spans', notices.add),
    metrics: new Tally('metrics', notices.add),
    logs: new Tally('logs', notices.add),
  };
  function piped<Unit>(
    signal: Signal,
    given: readonly Unit[] | undefined,
    make: (target: OtlpTarget, tally: Tally, clock: Clock) => Pipeline<Unit>,
  ): Pipeline<Unit> {
    if (disabled || !signals.includes(signal)) return { units: [] };
    return given ? { units: [...given] } : make(options, tallies[signal], clock);
  }
  const spans = piped('spans', options.spanProcessors, spanPipeline);
  const metrics = piped('metrics', options.metricReaders, metricPipeline);
  const logs = piped('logs', options.logRecordProcessors, logPipeline);

  const sdk = startNodeSdk({
    resourceAttributes: { ...resourceAttributes, ...(serviceName && { 'service.name': serviceName }) },
    ...(spans.units && { spanProcessors: spans.units }),
    ...(metrics.units && { metricReaders: metrics.units }),
    ...(logs.units && { logRecordProcessors: logs.units }),
  });
  if (!disabled && !isRegistered()) {
    unregister();
    throw new TelemetryError(
      `${UNIT}: the SDK did not start; its diagnostics say why`,
      'telemetry_not_started',
    );
  }
  return new RunningTelemetry({
    sdk,
    units: [...(spans.units ?? []), ...(metrics.units ?? []), ...(logs.units ?? [])],
    exporters: [spans, metrics, logs].flatMap(({ exporter }) => exporter ?? []),
    tallies,
    notices,
    clock,
    timeout: shutdownTimeout,
    registered: !disabled,
  });
}

function checkSurroundings(): void {
  if (getStringFromEnv('OTEL_CONFIG_FILE') !== undefined) {
    throw new ConfigurationError(
      `${UNIT}: OTEL_CONFIG_FILE is not supported; start the SDK yourself to configure it by a file`,
      'invalid_option',
    );
  }
  if (isRegistered()) {
    throw new TelemetryError(
      `${UNIT}: an OpenTelemetry SDK is already registered in this process; shut it down first`,
      'telemetry_already_started',
    );
  }
}
