import { ConfigurationError } from '@interpose/core';
import { getNumberFromEnv, getStringFromEnv, getStringListFromEnv } from '@opentelemetry/core';
import type { Signal } from './tally.ts';

/** How OTLP is written on the wire. */
export const PROTOCOLS = ['http/protobuf', 'http/json'] as const;

/** See {@link PROTOCOLS}. */
export type OtlpProtocol = (typeof PROTOCOLS)[number];

/** What the variables of a signal are called: `OTEL_TRACES_EXPORTER`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, ... */
export const NAMES: Readonly<Record<Signal, string>> = { spans: 'TRACES', metrics: 'METRICS', logs: 'LOGS' };

/*
 * The SDK reads the variables of its exporters where it makes them, and has no way to make only those. What is not
 * here (endpoints, headers, time-outs, certificates, resource, sampler, limits, propagators) it reads by itself.
 */

/** The exporters that `OTEL_<signal>_EXPORTER` asks for; `otlp` where it asks for none by name. */
export function exportersOf(signal: Signal): ReadonlySet<string> {
  const variable = `OTEL_${NAMES[signal]}_EXPORTER`;
  const names = new Set(getStringListFromEnv(variable));
  if (names.size === 0) return new Set(['otlp']);
  if (names.has('none')) return new Set();
  for (const name of names) {
    if (names.size > 1 && names.has('otlp') && name !== 'otlp' && name !== 'console') {
      throw new ConfigurationError(
        `startTelemetry: ${variable} may list console beside otlp, and nothing else, got ${name}`,
        'invalid_option',
      );
    }
  }
  return names;
}

/** @throws {ConfigurationError} for gRPC, which would otherwise be spoken to in HTTP. */
export function protocolOf(signal: Signal): OtlpProtocol {
  const specific = `OTEL_EXPORTER_OTLP_${NAMES[signal]}_PROTOCOL`;
  const variable = getStringFromEnv(specific) === undefined ? 'OTEL_EXPORTER_OTLP_PROTOCOL' : specific;
  const protocol = getStringFromEnv(variable)?.trim() || 'http/protobuf';
  const known = PROTOCOLS.find((name) => name === protocol);
  if (known) return known;
  throw ConfigurationError.option('startTelemetry', variable, `one of ${PROTOCOLS.join(', ')}`, protocol);
}

/** The settings of a batch processor: `OTEL_BSP_*` for spans, `OTEL_BLRP_*` for logs. */
export function batchOf(prefix: 'BSP' | 'BLRP'): Record<string, number> {
  return known({
    maxQueueSize: positive(`OTEL_${prefix}_MAX_QUEUE_SIZE`),
    scheduledDelayMillis: positive(`OTEL_${prefix}_SCHEDULE_DELAY`),
    exportTimeoutMillis: positive(`OTEL_${prefix}_EXPORT_TIMEOUT`),
    maxExportBatchSize: positive(`OTEL_${prefix}_MAX_EXPORT_BATCH_SIZE`),
  });
}

/** The settings of a periodic reader of metrics. A time-out is never longer than the interval. */
export function intervalOf(): { exportIntervalMillis: number; exportTimeoutMillis: number } {
  const exportIntervalMillis = positive('OTEL_METRIC_EXPORT_INTERVAL') ?? 60_000;
  const exportTimeoutMillis = positive('OTEL_METRIC_EXPORT_TIMEOUT') ?? 30_000;
  return { exportIntervalMillis, exportTimeoutMillis: Math.min(exportTimeoutMillis, exportIntervalMillis) };
}

function positive(variable: string): number | undefined {
  const value = getNumberFromEnv(variable);
  return value !== undefined && value > 0 ? value : undefined;
}

function known(settings: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}
