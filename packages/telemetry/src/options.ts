import { validateHeaderName, validateHeaderValue } from 'node:http';
import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  option,
  type Duration,
  type OptionRule,
} from '@interpose/core';
import type { Attributes } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { PROTOCOLS, type OtlpProtocol } from './environment.ts';
import { SIGNALS, type Drop, type Signal } from './tally.ts';

/** Options of `startTelemetry`. Each wins over the variable of the environment that says the same. */
export interface TelemetryOptions {
  /** The name of the service. @default `OTEL_SERVICE_NAME` */
  serviceName?: string;
  /** More attributes of the resource. @default `OTEL_RESOURCE_ATTRIBUTES` */
  resourceAttributes?: Attributes;
  /** The base URL of the collector; `/v1/traces` and the like are added. @default `OTEL_EXPORTER_OTLP_ENDPOINT`, or `http://localhost:4318` */
  endpoint?: string;
  /** Headers of each export, keys among them. Never shown. @default `OTEL_EXPORTER_OTLP_HEADERS` */
  headers?: Readonly<Record<string, string>>;
  /** `http/protobuf` or `http/json`. @default `OTEL_EXPORTER_OTLP_PROTOCOL`, or `http/protobuf` */
  protocol?: OtlpProtocol;
  /** What is exported. @default all: spans, metrics, logs */
  signals?: readonly Signal[];
  /** In the place of the exporter of spans; what they lose is theirs to tell. @default none */
  spanProcessors?: readonly SpanProcessor[];
  /** In the place of the exporter of metrics. @default none */
  metricReaders?: readonly IMetricReader[];
  /** In the place of the exporter of logs. @default none */
  logRecordProcessors?: readonly LogRecordProcessor[];
  /** How long a flush or a shutdown takes at most. @default '5s' */
  shutdownTimeout?: Duration;
  /** Is told of each loss, while running too. @default one line on the console, at most once a minute */
  onDrop?: (drop: Drop) => void;
}

/** The name by which errors speak of it. */
export const UNIT = 'startTelemetry';

const LIST: OptionRule = [(value) => Array.isArray(value), 'an array'];

/**
 * @throws {ConfigurationError} for a wrong option. It shows neither headers nor URLs, which may hold a key.
 */
export function checkTelemetryOptions(options: TelemetryOptions): void {
  checkOptions(UNIT, options, {
    serviceName: option.string,
    resourceAttributes: option.object,
    endpoint: option.any,
    headers: option.any,
    protocol: option.oneOf(...PROTOCOLS),
    signals: [
      (value) => Array.isArray(value) && value.every((name) => SIGNALS.includes(name as Signal)),
      `an array of ${SIGNALS.map((name) => `'${name}'`).join(', ')}`,
    ],
    spanProcessors: LIST,
    metricReaders: LIST,
    logRecordProcessors: LIST,
    shutdownTimeout: option.any,
    onDrop: option.function,
  });
  const { endpoint, headers, shutdownTimeout } = options;
  if (endpoint !== undefined && !isHttp(endpoint)) refuse('endpoint must be an http or https URL');
  if (headers !== undefined && !areHeaders(headers)) {
    refuse('headers must be an object of strings that are fit for HTTP');
  }
  if (shutdownTimeout !== undefined) milliseconds(shutdownTimeout, UNIT, 'shutdownTimeout');
}

function refuse(what: string): never {
  throw new ConfigurationError(`${UNIT}: ${what}`, 'invalid_option');
}

function isHttp(value: unknown): boolean {
  return typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '');
}

function areHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  try {
    for (const [name, text] of Object.entries(value)) {
      if (typeof text !== 'string') return false;
      validateHeaderName(name);
      validateHeaderValue(name, text);
    }
    return true;
  } catch {
    return false;
  }
}
