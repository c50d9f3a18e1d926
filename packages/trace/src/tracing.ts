import {
  CLOCK,
  EVENTS,
  LIFETIME,
  PRICES,
  SCRUBBER,
  consoleLogger,
  contextKey,
  faulted,
  traceIds,
  usageWanted,
  type Call,
  type Clock,
  type ContextEntry,
  type ContextKey,
  type DependencyContainer,
  type Events,
  type Lifetime,
  type Prices,
} from '@interpose/core';
import {
  SpanKind,
  context,
  isSpanContextValid,
  propagation,
  trace as otel,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { backend, type Backend } from './backend.ts';
import { CallSpan } from './call-span.ts';
import { ContentRecorder } from './content-recorder.ts';
import * as names from './names.ts';
import type { TraceSettings } from './options.ts';
import { servers, type Server } from './provider.ts';
import { identity, requestAttributes } from './request-attributes.ts';
import * as semconv from './semconv.ts';

/** A call that is traced, and what it runs in. */
export interface Traced {
  readonly call: Call;
  readonly context: Context;
  /** Undefined for one that is in a trace which is not recorded. */
  readonly span: CallSpan | undefined;
}

/** The unit of one layer: begins the spans of its calls, and hands them what units report. */
export class Tracing {
  readonly settings: TraceSettings;
  readonly clock: Clock;
  readonly prices: Prices | undefined;
  readonly serverOf: (url: string) => Server | undefined = servers();
  readonly scrub: (text: string) => string;
  readonly #backend: Backend;
  readonly #events: Events;
  readonly #lifetime: Lifetime;
  // Travels inwards with the call, so that what units report of it finds its span.
  readonly #spanOf: ContextKey<CallSpan | undefined> = contextKey<CallSpan | undefined>(
    undefined,
    'trace.span',
  );
  /** Calls that their client may send again by itself. */
  readonly #open = new Map<string, CallSpan>();
  #listening = false;
  #reported = false;

  constructor(container: DependencyContainer, settings: TraceSettings) {
    this.settings = settings;
    this.clock = container.resolve(CLOCK);
    this.prices = container.isRegistered(PRICES, true) ? container.resolve(PRICES) : undefined;
    const scrubber = container.resolve(SCRUBBER);
    this.scrub = (text) => scrubber.scrub(text);
    this.#backend = backend(settings);
    this.#events = container.resolve(EVENTS);
    this.#lifetime = container.resolve(LIFETIME);
  }

  /** The tracer at the moment. */
  get tracer(): Tracer | undefined {
    return this.#backend.tracer;
  }

  /** Emits an event; undefined where the API knows none. */
  get emit(): Backend['emit'] {
    return this.#backend.emit;
  }

  /** Whether there is somebody to tell. */
  get active(): boolean {
    return this.#backend.tracer !== undefined || this.#backend.instruments !== undefined;
  }

  /** Begins the span of a call, or goes on with it where the client sends the call again by itself. */
  begin(call: Call): Traced {
    const before = call.resends && this.#open.get(call.id);
    if (before) {
      before.again();
      return this.#inward(call, before.context, before);
    }
    const { tracer, instruments } = this.#backend;
    const parent = context.active();
    const attributes = identity(call, this.serverOf(call.url));
    const span = tracer?.startSpan(spanName(attributes), { kind: SpanKind.CLIENT, attributes }, parent);
    const recording = span?.isRecording() === true ? span : undefined;
    const within = span ? otel.setSpan(parent, span) : parent;
    if (!recording && !instruments) return this.#inward(call, within, undefined);

    this.#listen();
    if (recording) this.guarded(call, () => recording.setAttributes(this.#attributesOf(call)));
    const { tags } = this.settings;
    const content =
      recording && this.guarded(call, () => this.#contentOf(call, recording, within, attributes));
    const callSpan = new CallSpan(this, {
      call,
      startedAt: this.clock.monotonic(),
      span: recording,
      context: within,
      instruments,
      identity: { ...attributes, ...this.guarded(call, () => this.#tagAttributes(call, tags)) },
      content,
    });
    if (call.resends) {
      this.#open.set(call.id, callSpan);
      call.resends.whenDone(() => this.#open.delete(call.id));
    }
    return this.#inward(call, within, callSpan);
  }

  /** Does what may break, without harm to the call. */
  guarded<T>(call: Call, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#events.emit(faulted, UNIT, call, { error, open: true });
      // Its name only: what it says may be of the call.
      const name = error instanceof Error ? error.name : typeof error;
      if (!this.#reported) consoleLogger.error({ error: name }, 'trace: something broke; the calls go on');
      this.#reported = true;
      return undefined;
    }
  }

  /** Not before there is somebody to tell: while a layer has a listener, its calls are watched to their end. */
  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    const stop = this.#events.on('*', (event) => {
      // A fault of its own is not told to what broke.
      const span = event.unit === UNIT ? undefined : event.call.get(this.#spanOf);
      if (span) this.guarded(event.call, () => span.take(event));
    });
    this.#lifetime.onClose(stop);
  }

  /** What goes further in: the call, with all that units there may want of its span. */
  #inward(call: Call, within: Context, span: CallSpan | undefined): Traced {
    const { propagate, streamUsage } = this.settings;
    const entries: ContextEntry[] = [];
    const ids = otel.getSpanContext(within);
    if (ids && isSpanContextValid(ids)) {
      entries.push([traceIds, { traceId: ids.traceId, spanId: ids.spanId }]);
    }
    if (span) entries.push([this.#spanOf, span]);
    if (span && streamUsage) entries.push([usageWanted, true]);
    const headers = propagate ? carrier(call, within) : undefined;
    return { call: call.with({ context: entries, ...(headers && { headers }) }), context: within, span };
  }

  #attributesOf(call: Call): Attributes {
    return {
      ...requestAttributes(call, this.scrub),
      [names.CALL_ID]: call.id,
      ...this.#tagAttributes(call, Object.keys(call.tags)),
    };
  }

  #tagAttributes(call: Call, tags: readonly string[]): Attributes {
    const attributes: Attributes = {};
    for (const name of tags) {
      const value = call.tags[name];
      if (value !== undefined) attributes[names.TAG_PREFIX + name] = this.scrub(value);
    }
    return attributes;
  }

  #contentOf(call: Call, span: Span, within: Context, attributes: Attributes): ContentRecorder | undefined {
    const { content } = this.settings;
    if (content === 'none') return undefined;
    return new ContentRecorder(this, call, {
      span: content === 'event' ? undefined : span,
      emit: content === 'span' ? undefined : this.#backend.emit,
      context: within,
      identity: attributes,
    });
  }
}

const UNIT = 'trace';

function spanName(attributes: Attributes): string {
  return [attributes[semconv.OPERATION_NAME], attributes[semconv.REQUEST_MODEL] ?? []].flat().join(' ');
}

/** The headers that carry the trace on. One that the caller gave stays. */
function carrier(call: Call, within: Context): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  propagation.inject(within, headers);
  const added = Object.entries(headers).filter(([name]) => !call.headers.has(name));
  return added.length > 0 ? Object.fromEntries(added) : undefined;
}
