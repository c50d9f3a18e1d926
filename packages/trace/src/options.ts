import { checkOptions, option } from '@interpose/core';
import { diag, type Meter, type Tracer } from '@opentelemetry/api';
import { CAPTURE_VARIABLE } from './semconv.ts';

/** Which names are emitted: those of the newest conventions, of 1.41, which many backends still show, or both. */
export type Semconv = 'latest' | '1.41' | 'both';

/** Where content goes: nowhere, on the span, into an event of its own, or on both. */
export type ContentCapture = 'none' | 'span' | 'event' | 'both';

/** Options of {@link trace}. */
export interface TraceOptions {
  /** Makes the spans. @default one of the SDK that is registered, whenever that is */
  tracer?: Tracer;
  /** Makes the metrics. @default one of the SDK that is registered, whenever that is */
  meter?: Meter;
  /**
   * Whether prompts and answers are recorded, scrubbed. @default what
   * OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT says (NO_CONTENT, SPAN_ONLY, EVENT_ONLY, SPAN_AND_EVENT), or 'none'
   */
  content?: ContentCapture;
  /** Characters of JSON that one attribute of content has at most. @default 32768 */
  maxContentCharacters?: number;
  /** @default 'latest' */
  semconv?: Semconv;
  /** Tags that metrics are split by: names of which there are few values. Spans carry all tags. @default ['endpoint'] */
  tags?: readonly string[];
  /** Whether each attempt has a span of its own. @default true */
  attempts?: boolean;
  /** Whether the provider is sent the trace's `traceparent`. @default false */
  propagate?: boolean;
  /** Whether chat streams are asked for their usage where the caller does not ask. @default true */
  streamUsage?: boolean;
}

/** Checked options, with their defaults. */
export interface TraceSettings {
  readonly tracer: Tracer | undefined;
  readonly meter: Meter | undefined;
  readonly content: ContentCapture;
  readonly maxContentCharacters: number;
  readonly semconv: Semconv;
  readonly tags: readonly string[];
  readonly attempts: boolean;
  readonly propagate: boolean;
  readonly streamUsage: boolean;
}

const CONTENT: readonly ContentCapture[] = ['none', 'span', 'event', 'both'];

const CAPTURES: Readonly<Record<string, ContentCapture>> = {
  NO_CONTENT: 'none',
  SPAN_ONLY: 'span',
  EVENT_ONLY: 'event',
  SPAN_AND_EVENT: 'both',
};

/**
 * Checks what `trace` was given.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function traceSettings(options: TraceOptions): TraceSettings {
  checkOptions('trace', options, {
    tracer: [(value) => has(value, 'startSpan'), 'a tracer of OpenTelemetry'],
    meter: [(value) => has(value, 'createHistogram'), 'a meter of OpenTelemetry'],
    content: option.oneOf(...CONTENT),
    maxContentCharacters: option.integer(1),
    semconv: option.oneOf('latest', '1.41', 'both'),
    tags: [isNames, 'an array of names of tags'],
    attempts: option.boolean,
    propagate: option.boolean,
    streamUsage: option.boolean,
  });
  const {
    tracer,
    meter,
    content = fromEnvironment(),
    maxContentCharacters = 32_768,
    semconv = 'latest',
    tags = ['endpoint'],
    attempts = true,
    propagate = false,
    streamUsage = true,
  } = options;
  return { tracer, meter, content, maxContentCharacters, semconv, tags, attempts, propagate, streamUsage };
}

function fromEnvironment(): ContentCapture {
  const value = process.env[CAPTURE_VARIABLE];
  if (value === undefined || value.trim() === '') return 'none';
  const content = CAPTURES[value.trim().toUpperCase()];
  // As the specification has it for variables: what means nothing is told and ignored.
  if (!content) diag.warn(`trace: ${CAPTURE_VARIABLE} must be one of ${Object.keys(CAPTURES).join(', ')}`);
  return content ?? 'none';
}

function has(value: unknown, method: string): boolean {
  return typeof (value as Record<string, unknown> | null)?.[method] === 'function';
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
