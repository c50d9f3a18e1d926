import type { Logger } from '@interpose/core';
import {
  SeverityNumber,
  context,
  isSpanContextValid,
  trace,
  TraceFlags,
  type Context,
  type Logger as RecordEmitter,
} from '@opentelemetry/api';
import { attributesOf } from './attributes.ts';

/** Fields that name the span a line belongs to. */
interface SpanFields {
  readonly traceId?: unknown;
  readonly spanId?: unknown;
}

/**
 * Writes log lines as log records: the message is the body, the fields are attributes, and the span is the active one,
 * or the one that `traceId` and `spanId` among the fields name.
 */
export function recordLogger(emitter: RecordEmitter): Logger {
  const write = (severityNumber: SeverityNumber, severityText: string) => {
    return (fields: object, message: string): void => {
      const { context, rest } = spanOf(fields);
      emitter.emit({ severityNumber, severityText, body: message, attributes: attributesOf(rest), context });
    };
  };
  return {
    debug: write(SeverityNumber.DEBUG, 'DEBUG'),
    info: write(SeverityNumber.INFO, 'INFO'),
    warn: write(SeverityNumber.WARN, 'WARN'),
    error: write(SeverityNumber.ERROR, 'ERROR'),
  };
}

function spanOf(fields: object & SpanFields): { context: Context; rest: object } {
  const active = context.active();
  const { traceId, spanId, ...rest } = fields;
  if (typeof traceId !== 'string' || typeof spanId !== 'string') return { context: active, rest: fields };
  const current = trace.getSpanContext(active);
  if (current?.traceId === traceId && current.spanId === spanId) return { context: active, rest };
  // A span of the same trace was sampled as that one was; of another, one that is worth a line was.
  const traceFlags = current?.traceId === traceId ? current.traceFlags : TraceFlags.SAMPLED;
  const named = { traceId, spanId, traceFlags };
  if (!isSpanContextValid(named)) return { context: active, rest: fields };
  return { context: trace.setSpanContext(active, named), rest };
}
