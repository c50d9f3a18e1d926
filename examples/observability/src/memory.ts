import type { TelemetryOptions } from '@interpose/telemetry';
import { MetricReader } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

type LogRecordProcessor = NonNullable<TelemetryOptions['logRecordProcessors']>[number];

/** A line that was logged within a trace. */
interface LogLine {
  readonly severity: string;
  readonly message: string;
}

/** A trace of which no span is open any more. */
export interface FinishedTrace {
  readonly spans: readonly ReadableSpan[];
  readonly logs: readonly LogLine[];
}

interface OpenTrace extends FinishedTrace {
  open: number;
  readonly spans: ReadableSpan[];
  readonly logs: LogLine[];
}

/** Keeps the spans and log lines of each trace, and hands them over when its last span has ended. */
export class TraceMemory {
  readonly #traces = new Map<string, OpenTrace>();
  readonly spanProcessor: SpanProcessor;
  readonly logRecordProcessor: LogRecordProcessor;

  constructor(onTrace: (trace: FinishedTrace) => void) {
    const nothing = { forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };
    this.spanProcessor = {
      ...nothing,
      onStart: (span) => void this.#trace(span.spanContext().traceId).open++,
      onEnd: (span) => {
        const { traceId } = span.spanContext();
        const trace = this.#trace(traceId);
        trace.spans.push(span);
        if (--trace.open > 0) return;
        this.#traces.delete(traceId);
        onTrace(trace);
      },
    };
    this.logRecordProcessor = {
      ...nothing,
      onEmit: ({ spanContext, severityText = '', body }) => {
        const trace = spanContext && this.#traces.get(spanContext.traceId);
        trace?.logs.push({ severity: severityText, message: String(body) });
      },
    };
  }

  #trace(id: string): OpenTrace {
    const known = this.#traces.get(id);
    if (known) return known;
    const trace = { open: 0, spans: [], logs: [] };
    this.#traces.set(id, trace);
    return trace;
  }
}

/** Reads metrics when it is asked to, and at no interval. */
export class MetricMemory extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}
