import type { Call, Clock, Prices } from '@interpose/core';
import type { Tracer } from '@opentelemetry/api';
import type { TraceSettings } from './options.ts';
import type { Server } from './provider.ts';

/** What all calls of one layer are traced with. */
export interface Tracing {
  readonly settings: TraceSettings;
  readonly clock: Clock;
  readonly prices: Prices | undefined;
  /** The tracer at the moment. */
  readonly tracer: Tracer | undefined;
  readonly serverOf: (url: string) => Server | undefined;
  readonly scrub: (text: string) => string;
  /** Does what may break, without harm to the call. */
  readonly guarded: <T>(call: Call, work: () => T) => T | undefined;
}
