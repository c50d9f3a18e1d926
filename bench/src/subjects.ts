import { breaker } from '@interpose/breaker';
import { budget } from '@interpose/budget';
import type { Interceptor, StackEntry } from '@interpose/core';
import { cache, type CacheStore } from '@interpose/cache';
import { fallback } from '@interpose/fallback';
import { limit } from '@interpose/limit';
import { interpose } from '@interpose/openai';
import { log } from '@interpose/log';
import { redact } from '@interpose/redact';
import { retry } from '@interpose/retry';
import { route } from '@interpose/route';
import { startTelemetry } from '@interpose/telemetry';
import { trace } from '@interpose/trace';
import { timeout } from '@interpose/timeout';
import { transport } from '@interpose/transport';
import { validate } from '@interpose/validate';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { NoopSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import OpenAI from 'openai';
import { ANSWER, JSON_ANSWER, JSON_STREAM, STREAM } from './fixtures.ts';

/** Makes the stack of a subject anew; `undefined` is the bare client. */
export const STACKS = {
  bare: undefined,
  '1 no-op': () => noops(1),
  '3 no-ops': () => noops(3),
  '7 no-ops': () => noops(7),
  'log + retry': () => [silentLog(), retry()],
  redact: () => [redact()],
  'trace, no SDK': () => [trace()],
  'trace, recording': () => [recordingTrace()],
  'trace, collector down': () => [exportingTrace()],
  'cache, hit': () => [cache({ when: 'always' })],
  'cache, miss': () => [cache({ when: 'always', store: forgetful })],
  'budget in memory': () => [budget({ limits: [{ per: 'all', usd: 1e6, every: 'ever' }] })],
  resilience: () => [
    fallback([{ model: 'another' }]),
    route({ targets: { small: { model: 'small' } }, rules: [{ endpoint: 'classify', to: 'small' }] }),
    retry(),
    breaker(),
    limit(),
    timeout({ attempt: '5m', betweenContent: '30s' }),
  ],
  validate: () => [validate()],
  'the whole stack': () => [
    trace(),
    redact(),
    cache({ when: 'always', store: forgetful }),
    validate(),
    retry(),
    budget({ limits: [{ per: 'all', usd: 1e6, every: 'ever' }] }),
  ],
  'validate, held back': () => [validate({ deliver: 'when-valid' })],
  '7 no-ops, plain path': () => noops(7),
  'log + retry, plain path': () => [silentLog(), retry()],
} as const satisfies Record<string, (() => StackEntry[]) | undefined>;

/** The name of a stack. */
export type StackName = keyof typeof STACKS;

/** A client over a transport in the same process. */
export function inProcess(name: StackName): OpenAI {
  return client(name, 'http://bench.invalid/v1', { fetch: fakeFetch });
}

/** A client over real HTTP, through `transport()` or through the platform's `fetch`. */
export function overHttp(name: StackName, baseURL: string, fast: boolean): OpenAI {
  return client(name, baseURL, {}, fast ? [transport()] : []);
}

function client(name: StackName, baseURL: string, options: object, more: StackEntry[] = []): OpenAI {
  const bare = new OpenAI({ baseURL, apiKey: 'bench', ...options });
  const stack = STACKS[name];
  if (!stack) return bare;
  return interpose(bare, [...stack(), ...more], { path: name.endsWith('plain path') ? 'plain' : 'fast' });
}

const fakeFetch = (_url: unknown, init?: RequestInit): Promise<Response> => {
  const asked = typeof init?.body === 'string' ? init.body : '';
  const json = asked.includes('"response_format"');
  if (!asked.includes('"stream":true')) {
    const headers = { 'content-type': 'application/json', 'x-request-id': 'req_bench' };
    return Promise.resolve(new Response(json ? JSON_ANSWER : ANSWER, { headers }));
  }
  const stream = json ? JSON_STREAM : STREAM;
  let next = 0;
  const body = new ReadableStream({
    pull(controller) {
      const bytes = stream[next++];
      if (bytes) controller.enqueue(bytes);
      else controller.close();
    },
  });
  return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
};

/** Takes all and keeps nothing. */
const forgetful: CacheStore = { get: () => undefined, set() {}, delete() {} };

function noops(count: number): Interceptor[] {
  return Array.from(
    { length: count },
    () => (next) =>
      async function noop(call) {
        return next(call);
      },
  );
}

/** The real `log()`, into a logger that drops the line. */
function silentLog(): StackEntry {
  const drop = (): void => {};
  return log({ logger: { debug: drop, info: drop, warn: drop, error: drop } });
}

/** The real `trace()` over a real SDK, less the export. */
function recordingTrace(): StackEntry {
  const tracer = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }).getTracer('bench');
  return trace({ tracer, meter: new MeterProvider().getMeter('bench') });
}

/** The same over an SDK that exports to a port where nobody listens. */
function exportingTrace(): StackEntry {
  // What is lost here is meant to be.
  startTelemetry({ endpoint: 'http://127.0.0.1:9', onDrop() {} });
  return trace();
}
