import * as api from '@opentelemetry/api';
import { instruments, type Instruments } from './instruments.ts';
import type { TraceSettings } from './options.ts';

const NAME = '@interpose/trace';

/** Where spans, metrics and events go, at the moment; nothing where nobody listens. */
export interface Backend {
  /** Undefined while no SDK makes spans. */
  readonly tracer: api.Tracer | undefined;
  /** Undefined while no SDK takes metrics. */
  readonly instruments: Instruments | undefined;
  /** Emits an event. Undefined where the API knows no logs, which those before 1.10 do not. */
  readonly emit: ((record: api.LogRecord) => void) | undefined;
}

/**
 * Looks at each call for what is registered: an SDK may be started after the layer was built, and a meter that was
 * asked for too early stays one that does nothing.
 */
export function backend({ tracer, meter, semconv }: TraceSettings): Backend {
  let tracers: unknown;
  let current: api.Tracer | undefined;
  let meters: unknown;
  let measuring: Instruments | undefined;
  return {
    get tracer() {
      if (tracer) return tracer;
      const provider = api.trace.getTracerProvider();
      // The API's own provider stands before that of the SDK, and says whether there is one.
      const delegate = provider instanceof api.ProxyTracerProvider ? provider.getDelegate() : provider;
      if (delegate !== tracers) {
        tracers = delegate;
        current =
          provider instanceof api.ProxyTracerProvider
            ? provider.getDelegateTracer(NAME)
            : provider.getTracer(NAME);
      }
      return current;
    },
    get instruments() {
      const provider = meter ?? api.metrics.getMeterProvider();
      if (provider !== meters) {
        meters = provider;
        const made = meter ?? api.metrics.getMeter(NAME);
        measuring =
          made.constructor === api.createNoopMeter().constructor ? undefined : instruments(made, semconv);
      }
      return measuring;
    },
    get emit() {
      const { logs } = api as Partial<typeof api>;
      return logs && ((record: api.LogRecord) => logs.getLogger(NAME).emit(record));
    },
  };
}
