export { trace } from './trace.ts';
export type { ContentCapture, Semconv, TraceOptions } from './options.ts';
