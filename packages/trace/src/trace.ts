import { ask, type Plugin } from '@interpose/core';
import { context } from '@opentelemetry/api';
import { traceSettings, type TraceOptions } from './options.ts';
import { Tracing } from './tracing.ts';

/**
 * Makes a span of each call, over all its attempts and to the end of its stream, and measures it, by the OpenTelemetry
 * conventions for generative AI. While no SDK is registered it does nothing.
 *
 * @throws {ConfigurationError} for a wrong option. Calls never fail of it: what breaks in it is reported as a fault.
 */
export function trace(options: TraceOptions = {}): Plugin {
  const settings = traceSettings(options);
  const { content, semconv, tags, attempts, propagate, streamUsage } = settings;
  return {
    name: 'trace',
    stage: 'observe',
    describe: () => ({ content, semconv, tags, attempts, propagate, streamUsage }),
    create(container) {
      const tracing = new Tracing(container, settings);
      return (next) =>
        // No async function: its frame would be held for as long as the provider takes.
        function trace(call) {
          if (!tracing.active) return next(call);
          const traced = tracing.guarded(call, () => tracing.begin(call));
          if (!traced) return next(call);
          const replied = context.with(traced.context, ask, undefined, next, traced.call);
          const { span } = traced;
          if (!span) return replied;
          return replied.then(
            (reply) => {
              tracing.guarded(call, () => span.answered(reply));
              return reply;
            },
            (error: unknown) => {
              tracing.guarded(call, () => span.failed(error));
              throw error;
            },
          );
        };
    },
  };
}
