import {
  CLOCK,
  EVENTS,
  LIFETIME,
  PRICES,
  SCRUBBER,
  ask,
  consoleLogger,
  contextKey,
  faulted,
  traceIds,
  usageWanted,
  type Call,
  type ContextEntry,
  type ContextKey,
  type DependencyContainer,
  type Interceptor,
  type Plugin,
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
} from '@opentelemetry/api';
import { backend } from './backend.ts';
import { CallSpan } from './call-span.ts';
import { ContentRecorder } from './content-recorder.ts';
import type { Instruments } from './instruments.ts';
import * as names from './names.ts';
import { traceSettings, type TraceOptions, type TraceSettings } from './options.ts';
import { servers } from './provider.ts';
import { identity, requestAttributes } from './request-attributes.ts';
import * as semconv from './semconv.ts';
import type { Tracing } from './tracing.ts';

/**
 * Makes a span of each call, over all its attempts and to the end of its stream, and measures it, by the OpenTelemetry
 * conventions for generative AI. While no SDK is registered it does nothing.
 *
 * @throws {ConfigurationError} for a wrong option. Calls never fail of it: what breaks in it is reported as a fault.
 */
export function trace(options: TraceOptions = {}): Plugin {
  const settings = traceSettings(options);
  const { content, semconv: conventions, tags, attempts, propagate, streamUsage } = settings;
  return {
    name: 'trace',
    stage: 'observe',
    create: (container) => build(container, settings),
    describe: () => ({ content, semconv: conventions, tags, attempts, propagate, streamUsage }),
  };
}

/** A call that is traced, and what it runs in. */
interface Traced {
  readonly call: Call;
  readonly context: Context;
  /** Undefined for one that is in a trace which is not recorded. */
  readonly span: CallSpan | undefined;
}

function build(container: DependencyContainer, settings: TraceSettings): Interceptor {
  const clock = container.resolve(CLOCK);
  const scrubber = container.resolve(SCRUBBER);
  const events = container.resolve(EVENTS);
  const lifetime = container.resolve(LIFETIME);
  const target = backend(settings);
  const tracing: Tracing = {
    settings,
    clock,
    prices: container.isRegistered(PRICES, true) ? container.resolve(PRICES) : undefined,
    get tracer() {
      return target.tracer;
    },
    serverOf: servers(),
    scrub: (text) => scrubber.scrub(text),
    guarded,
  };
  // Travels inwards with the call, so that what units report of it finds its span.
  const spanOf: ContextKey<CallSpan | undefined> = contextKey<CallSpan | undefined>(undefined, 'trace.span');

  /** Calls that their client may send again by itself. */
  const open = new Map<string, CallSpan>();

  let listening = false;
  /** Not before there is somebody to tell: while a layer has a listener, its calls are watched to their end. */
  function listen(): void {
    if (listening) return;
    listening = true;
    lifetime.onClose(
      events.on('*', (event) => {
        const span = event.call.get(spanOf);
        if (span) guarded(event.call, () => span.take(event));
      }),
    );
  }

  let reported = false;
  function guarded<T>(call: Call, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      events.emit(faulted, 'trace', call, { error, open: true });
      // Its name only: what it says may be of the call.
      const name = error instanceof Error ? error.name : typeof error;
      if (!reported) consoleLogger.error({ error: name }, 'trace: something broke; the calls go on');
      reported = true;
      return undefined;
    }
  }

  function begin(call: Call, instruments: Instruments | undefined): Traced {
    const before = call.resends && open.get(call.id);
    if (before) {
      before.again();
      return inward(call, before.context, before);
    }
    const parent = context.active();
    const attributes = identity(call, tracing.serverOf(call.url));
    const span = target.tracer?.startSpan(
      spanName(attributes),
      { kind: SpanKind.CLIENT, attributes },
      parent,
    );
    const recording = span?.isRecording() === true;
    const within = span ? otel.setSpan(parent, span) : parent;
    if (!recording && !instruments) return inward(call, within, undefined);
    listen();
    if (recording) span.setAttributes({ ...requestAttributes(call, tracing.scrub), ...callAttributes(call) });
    const callSpan = new CallSpan(tracing, {
      call,
      startedAt: clock.monotonic(),
      span: recording ? span : undefined,
      context: within,
      instruments,
      identity: { ...attributes, ...tagAttributes(call, settings.tags) },
      content: recording ? contentOf(call, span, within, attributes) : undefined,
    });
    if (call.resends) {
      open.set(call.id, callSpan);
      call.resends.whenDone(() => open.delete(call.id));
    }
    return inward(call, within, callSpan);
  }

  /** What goes further in: the call, with all that units there may want of its span. */
  function inward(call: Call, within: Context, span: CallSpan | undefined): Traced {
    const entries: ContextEntry[] = [];
    const ids = otel.getSpanContext(within);
    if (ids && isSpanContextValid(ids)) {
      entries.push([traceIds, { traceId: ids.traceId, spanId: ids.spanId }]);
    }
    if (span) entries.push([spanOf, span]);
    if (span && settings.streamUsage) entries.push([usageWanted, true]);
    const headers = settings.propagate ? carrier(call, within) : undefined;
    return { call: call.with({ context: entries, ...(headers && { headers }) }), context: within, span };
  }

  function callAttributes(call: Call): Attributes {
    return { [names.CALL_ID]: call.id, ...tagAttributes(call, Object.keys(call.tags)) };
  }

  function tagAttributes(call: Call, tags: readonly string[]): Attributes {
    const attributes: Attributes = {};
    for (const name of tags) {
      const value = call.tags[name];
      if (value !== undefined) attributes[names.TAG_PREFIX + name] = tracing.scrub(value);
    }
    return attributes;
  }

  function contentOf(
    call: Call,
    span: Span,
    within: Context,
    attributes: Attributes,
  ): ContentRecorder | undefined {
    const { content } = settings;
    if (content === 'none') return undefined;
    return new ContentRecorder(tracing, call, {
      span: content === 'event' ? undefined : span,
      emit: content === 'span' ? undefined : target.emit,
      context: within,
      identity: attributes,
    });
  }

  return (next) =>
    // No async function: its frame would be held for as long as the provider takes.
    function trace(call) {
      const { instruments } = target;
      if (!target.tracer && !instruments) return next(call);
      const traced = guarded(call, () => begin(call, instruments));
      if (!traced) return next(call);
      const replied = context.with(traced.context, ask, undefined, next, traced.call);
      const { span } = traced;
      if (!span) return replied;
      return replied.then(
        (reply) => {
          guarded(call, () => span.answered(reply));
          return reply;
        },
        (error: unknown) => {
          guarded(call, () => span.failed(error));
          throw error;
        },
      );
    };
}

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
