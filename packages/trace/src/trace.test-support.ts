import { interpose } from '@interpose/openai';
import { fakeProvider, type FakeProvider, type ScriptedReply } from '@interpose/testing';
import { CLOCK, RANDOM, provide, type Clock, type StackEntry } from '@interpose/core';
import { SpanKind, SpanStatusCode, context, type Attributes, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace';
import OpenAI from 'openai';
import type { TraceOptions } from './options.ts';
import { trace } from './trace.ts';

/** Sleeps no longer than a turn, so that backoff takes no time; told apart only by what was asked for. */
const hurried: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: () => new Promise((resolve) => setImmediate(resolve)),
};

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** An application with a backend of its own, in memory. */
export interface Bench {
  readonly openai: OpenAI;
  readonly provider: FakeProvider;
  readonly tracer: Tracer;
  /** The spans that have ended, in the order in which they began. */
  spans(): ReadableSpan[];
  /** What is on the span of the last call. */
  callAttributes(): Promise<Attributes>;
  /** All traces as a picture. */
  picture(): Promise<string>;
  /** All metrics, a line for each series. */
  metrics(): Promise<string[]>;
}

/** Makes a client with `trace()` and the rest of a stack. */
export function bench(
  options: TraceOptions,
  script: readonly ScriptedReply[] = [],
  rest: readonly StackEntry[] = [],
  client: Partial<ConstructorParameters<typeof OpenAI>[0]> = {},
): Bench {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = new InMemorySpanExporter();
  const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer(
    'test',
  );
  const reader = new Reader();
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
  const provider = fakeProvider.inProcess({ script: [...script] });
  const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', fetch: provider.fetch, ...client });
  const half = provide(RANDOM, { next: () => 0.5 });
  const openai = interpose(bare, [
    trace({ tracer, meter, ...options }),
    ...rest,
    provide(CLOCK, hurried),
    half,
  ]);
  const spans = (): ReadableSpan[] =>
    exporter
      .getFinishedSpans()
      .toSorted((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1]);
  return {
    openai,
    provider,
    tracer,
    spans,
    async callAttributes() {
      await turn();
      return spans().findLast(({ kind }) => kind === SpanKind.CLIENT)?.attributes ?? {};
    },
    async picture() {
      await turn();
      return drawn(spans());
    },
    async metrics() {
      await turn();
      const { resourceMetrics } = await reader.collect();
      return resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
        metrics.flatMap(({ descriptor, dataPointType, dataPoints }) =>
          dataPoints.map((point) => {
            const histogram =
              dataPointType === DataPointType.HISTOGRAM
                ? (point.value as { count: number; sum: number })
                : undefined;
            const value = histogram
              ? descriptor.unit === 's'
                ? `${histogram.count} times`
                : `${histogram.count} times, ${histogram.sum} in all`
              : String(point.value);
            return `${descriptor.name} ${short(point.attributes)}: ${value} ${descriptor.unit}`.trim();
          }),
        ),
      );
    },
  };
}

const SHORT: Readonly<Record<string, string>> = {
  'gen_ai.operation.name': 'op',
  'gen_ai.request.model': 'model',
  'gen_ai.response.model': 'answered',
};

/** The attributes of a series in one line, without what is the same for all. */
function short(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([name]) => !/^server\.|provider\.name$/.test(name))
    .map(([name, value]) => `${SHORT[name] ?? name}=${String(value)}`)
    .join(' ');
}

/** Spans as trees, with all that is on them but ids and times. */
function drawn(spans: readonly ReadableSpan[]): string {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const roots = spans.filter((span) => !ids.has(span.parentSpanContext?.spanId ?? ''));
  return roots.flatMap((span) => lines(span, spans, '')).join('\n');
}

function lines(span: ReadableSpan, all: readonly ReadableSpan[], indent: string): string[] {
  const { name, kind, status, attributes, events, links } = span;
  const told = status.code === SpanStatusCode.ERROR ? ` ERROR ${status.message ?? ''}` : '';
  const children = all.filter((child) => child.parentSpanContext?.spanId === span.spanContext().spanId);
  const named = (id: string): string => all.find((other) => other.spanContext().spanId === id)?.name ?? id;
  return [
    `${indent}${SpanKind[kind]} ${name}${told}`,
    ...Object.entries(attributes).map(([key, value]) => `${indent}  ${key}: ${shown(key, value)}`),
    ...links.map((link) => `${indent}  -> ${named(link.context.spanId)} ${JSON.stringify(link.attributes)}`),
    ...events.map((event) => `${indent}  * ${event.name} ${JSON.stringify(event.attributes)}`),
    ...children.flatMap((child) => lines(child, all, `${indent}  `)),
  ];
}

/** What is another value each time, as what it is. */
function shown(name: string, value: unknown): string {
  if (/call\.id$|request\.id$|response\.id$|fingerprint$/.test(name)) return `<${typeof value}>`;
  if (name.endsWith('time_to_first_chunk')) return `<${typeof value}>`;
  return JSON.stringify(value);
}

/** An outcome settles within a turn of what ends it. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Reads a stream to its end. */
export async function read(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _chunk of stream) count++;
  return count;
}
