import { createNoopMeter, type Attributes, type Counter, type MeterProvider } from '@opentelemetry/api';

/**
 * Listens to what a batch processor says of itself, for the one thing that it tells nobody else: that its queue was
 * full, and something was not queued (`otel.sdk.processor.*.processed` with `error.type` `queue_full`).
 */
export function queueMeter(dropped: (count: number) => void): MeterProvider {
  const meter = createNoopMeter();
  const counter: Counter = {
    add(count: number, attributes: Attributes = {}) {
      if (attributes['error.type'] === 'queue_full') dropped(count);
    },
  };
  meter.createCounter = () => counter;
  return { getMeter: () => meter };
}
