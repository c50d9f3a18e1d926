import type { Clock } from '@interpose/core';
import { TraceFlags } from '@opentelemetry/api';
import { OTLPMetricExporterBase } from '@opentelemetry/exporter-metrics-otlp-http';
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import {
  BatchLogRecordProcessor,
  ConsoleLogRecordExporter,
  SimpleLogRecordProcessor,
  type LogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import {
  ConsoleMetricExporter,
  PeriodicExportingMetricReader,
  type IMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { batchOf, exportersOf, intervalOf } from './environment.ts';
import { OtlpExporter, type OtlpKind } from './otlp-exporter.ts';
import { configOf, type OtlpTarget } from './otlp-target.ts';
import { queueMeter } from './queue-meter.ts';
import type { Tally } from './tally.ts';

/** An exporter, whatever it exports. */
export type AnyExporter = Pick<OtlpExporter<never, unknown>, 'forceFlush' | 'end'>;

/** What ends up in an SDK for one signal. */
export interface Pipeline<Unit> {
  /** Processors or readers; undefined leaves the signal to the SDK. */
  readonly units: Unit[] | undefined;
  readonly exporter?: AnyExporter;
}

/** Spans, in batches. */
export function spanPipeline(target: OtlpTarget, tally: Tally, clock: Clock): Pipeline<SpanProcessor> {
  const names = exportersOf('spans');
  if (leftToSdk(names)) return { units: undefined };
  const units: SpanProcessor[] = [];
  if (names.has('console')) units.push(new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() }));
  if (!names.has('otlp')) return { units };
  const { json, config } = configOf('spans', 'v1/traces', target);
  const kind = {
    serializer: json ? JsonTraceSerializer : ProtobufTraceSerializer,
    count: lengthOf,
    rejected: ({ partialSuccess }) => partialSuccess?.rejectedSpans,
  } satisfies OtlpKind<Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0], PartialSuccess>;
  const exporter = new OtlpExporter(kind, config, tally, clock);
  const selfObsMeterProvider = queueMeter((count) => tally.drop(count, 'queue_full'));
  units.push(
    {
      ...QUIET,
      onStart() {},
      onEnd(span) {
        if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) tally.record(1);
      },
    },
    new BatchSpanProcessor({ exporter, selfObsMeterProvider, ...batchOf('BSP') }),
  );
  return { units, exporter };
}

/** Log records, in batches. */
export function logPipeline(target: OtlpTarget, tally: Tally, clock: Clock): Pipeline<LogRecordProcessor> {
  const names = exportersOf('logs');
  if (leftToSdk(names)) return { units: undefined };
  const units: LogRecordProcessor[] = [];
  if (names.has('console')) {
    units.push(new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() }));
  }
  if (!names.has('otlp')) return { units };
  const { json, config } = configOf('logs', 'v1/logs', target);
  const kind = {
    serializer: json ? JsonLogsSerializer : ProtobufLogsSerializer,
    count: lengthOf,
    rejected: ({ partialSuccess }) => partialSuccess?.rejectedLogRecords,
  } satisfies OtlpKind<Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0], PartialSuccess>;
  const exporter = new OtlpExporter(kind, config, tally, clock);
  const selfObsMeterProvider = queueMeter((count) => tally.drop(count, 'queue_full'));
  units.push(
    { ...QUIET, onEmit: () => tally.record(1) },
    new BatchLogRecordProcessor({ exporter, selfObsMeterProvider, ...batchOf('BLRP') }),
  );
  return { units, exporter };
}

/** Metrics, at an interval. */
export function metricPipeline(target: OtlpTarget, tally: Tally, clock: Clock): Pipeline<IMetricReader> {
  const names = exportersOf('metrics');
  if (leftToSdk(names)) return { units: undefined };
  const units: IMetricReader[] = [];
  if (names.has('console')) {
    units.push(new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter(), ...intervalOf() }));
  }
  if (!names.has('otlp')) return { units };
  const { json, config } = configOf('metrics', 'v1/metrics', target);
  const kind = {
    serializer: json ? JsonMetricsSerializer : ProtobufMetricsSerializer,
    // Nothing is recorded before it is read; so it counts as recorded when it is handed over.
    count(metrics) {
      const count = pointsOf(metrics);
      tally.record(count);
      return count;
    },
    rejected: ({ partialSuccess }) => partialSuccess?.rejectedDataPoints,
  } satisfies OtlpKind<ResourceMetrics, PartialSuccess>;
  const exporter = new OtlpExporter(kind, config, tally, clock);
  // The SDK's base chooses the temporality, by the environment.
  const chosen = new OTLPMetricExporterBase(exporter);
  units.push(new PeriodicExportingMetricReader({ exporter: chosen, ...intervalOf() }));
  return { units, exporter };
}

interface PartialSuccess {
  readonly partialSuccess?: {
    readonly rejectedSpans?: number;
    readonly rejectedLogRecords?: number;
    readonly rejectedDataPoints?: number;
  };
}

const QUIET = { forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };

/** Where there is no OTLP, there is nothing to count, and the SDK sets the signal up: the console, Prometheus, ... */
function leftToSdk(names: ReadonlySet<string>): boolean {
  return names.size > 0 && !names.has('otlp');
}

function lengthOf({ length }: readonly unknown[]): number {
  return length;
}

function pointsOf({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
}
