import {
  ROOT_CONTEXT,
  context,
  createContextKey,
  diag,
  logs,
  metrics,
  propagation,
  trace,
} from '@opentelemetry/api';

/** Whether an SDK is registered with the OpenTelemetry API of this process: ours, or one of somebody else. */
export function isRegistered(): boolean {
  // Every SDK brings a context manager; without one a context is not kept. Asking leaves no trace, registering would.
  const key = createContextKey('interpose.telemetry.probe');
  return context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key) === true);
}

/** Takes the SDK out of the OpenTelemetry API, so that another may be registered. */
export function unregister(): void {
  for (const api of [trace, metrics, logs, propagation, context, diag]) api.disable();
}
