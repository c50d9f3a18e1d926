import { ConfigurationError } from '@interpose/core';
import { context, logs, metrics, trace } from '@opentelemetry/api';
import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { receiver } from './receiver.test-support.ts';
import { startTelemetry } from './start-telemetry.ts';
import type { TelemetryOptions } from './options.ts';
import { TelemetryError } from './telemetry-error.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** One of each signal. */
function record(): string {
  const span = trace.getTracer('test').startSpan('a call', { attributes: { model: 'm', tokens: 12 } });
  metrics.getMeter('test').createCounter('calls', { unit: '{call}' }).add(2, { model: 'm' });
  const { traceId } = span.spanContext();
  logs.getLogger('test').emit({ body: 'a line', context: trace.setSpan(context.active(), span) });
  span.end();
  return traceId;
}

test.each(['http/protobuf', 'http/json'] as const)(
  'exports spans, metrics and logs over %s',
  async (protocol) => {
    await using collector = await receiver();
    await using telemetry = startTelemetry({
      serviceName: 'shop',
      resourceAttributes: { 'deployment.environment.name': 'test' },
      endpoint: `${collector.endpoint}/`,
      headers: { authorization: 'Bearer k' },
      protocol,
    });
    const traceId = record();
    expect(await telemetry.flush()).toEqual({
      spans: { exported: 1, dropped: 0, pending: 0 },
      metrics: { exported: 1, dropped: 0, pending: 0 },
      logs: { exported: 1, dropped: 0, pending: 0 },
      timedOut: false,
    });
    const resource = expect.objectContaining({
      'service.name': 'shop',
      'deployment.environment.name': 'test',
    });
    expect(collector.spans).toEqual([
      expect.objectContaining({
        name: 'a call',
        traceId,
        attributes: { model: 'm', tokens: 12 },
        resource,
        scope: 'test',
      }),
    ]);
    expect(collector.metrics).toEqual([
      expect.objectContaining({
        name: 'calls',
        unit: '{call}',
        resource,
        sum: expect.objectContaining({
          dataPoints: [expect.objectContaining({ asDouble: 2, attributes: { model: 'm' } })],
        }),
      }),
    ]);
    expect(collector.logs).toEqual([expect.objectContaining({ body: 'a line', traceId, resource })]);
    expect(
      collector.requests.map(({ path, headers }) => `${path} ${headers.authorization}`).toSorted(),
    ).toEqual(['/v1/logs Bearer k', '/v1/metrics Bearer k', '/v1/traces Bearer k']);
  },
);

describe('the environment', () => {
  test('says where to, what for, and how, without an option', async () => {
    await using collector = await receiver();
    vi.stubEnv('OTEL_SERVICE_NAME', 'from the environment');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'team=search');
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:1');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `${collector.endpoint}/v1/traces`);
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=acme');
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip');
    vi.stubEnv('OTEL_METRICS_EXPORTER', 'none');
    vi.stubEnv('OTEL_LOGS_EXPORTER', 'none');
    await using telemetry = startTelemetry();
    record();
    const { spans, metrics, logs } = await telemetry.flush();
    expect([spans.exported, metrics.exported, logs.exported]).toEqual([1, 0, 0]);
    expect(collector.spans[0]?.resource).toMatchObject({
      'service.name': 'from the environment',
      team: 'search',
    });
    expect(collector.requests[0]?.headers).toMatchObject({
      'x-tenant': 'acme',
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    });
  });

  test('gives way to options', async () => {
    await using collector = await receiver();
    vi.stubEnv('OTEL_SERVICE_NAME', 'env');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://127.0.0.1:1/v1/traces');
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=env');
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc');
    await using telemetry = startTelemetry({
      serviceName: 'option',
      endpoint: collector.endpoint,
      headers: { 'x-tenant': 'option' },
      protocol: 'http/protobuf',
      signals: ['spans'],
    });
    record();
    expect(await telemetry.flush()).toMatchObject({ spans: { exported: 1 }, logs: { pending: 0 } });
    expect(collector.spans[0]?.resource['service.name']).toBe('option');
    expect(collector.requests.map(({ headers }) => headers['x-tenant'])).toEqual(['option']);
  });

  test('sets the interval of metrics, and the size of batches and queues', async () => {
    await using collector = await receiver();
    vi.stubEnv('OTEL_METRIC_EXPORT_INTERVAL', '20');
    vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', '4');
    vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '4');
    const drops: unknown[] = [];
    await using telemetry = startTelemetry({
      endpoint: collector.endpoint,
      signals: ['spans', 'metrics'],
      onDrop: (drop) => drops.push(drop),
    });
    metrics.getMeter('test').createCounter('calls').add(1);
    await collector.requested();
    expect(collector.requests[0]?.path).toBe('/v1/metrics');
    // The first four are on their way at once, four wait, and two are too many.
    for (let n = 0; n < 10; n++) trace.getTracer('test').startSpan('many').end();
    const { spans } = await telemetry.flush();
    expect(spans).toEqual({ exported: 8, dropped: 2, pending: 0 });
    expect(drops).toEqual([
      { signal: 'spans', count: 1, error: 'queue_full' },
      { signal: 'spans', count: 1, error: 'queue_full' },
    ]);
  });

  test('switches all of it off', async () => {
    await using collector = await receiver();
    vi.stubEnv('OTEL_SDK_DISABLED', 'true');
    await using telemetry = startTelemetry({ endpoint: collector.endpoint });
    record();
    telemetry.logger.info({}, 'nobody hears');
    const nothing = { exported: 0, dropped: 0, pending: 0 };
    const report = { spans: nothing, metrics: nothing, logs: nothing, timedOut: false };
    expect([await telemetry.flush(), await telemetry.shutdown()]).toEqual([report, report]);
    expect(collector.requests).toEqual([]);
  });
});

test('an application may bring processors of its own', async () => {
  const exporter = new InMemorySpanExporter();
  await using telemetry = startTelemetry({
    signals: ['spans'],
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  record();
  await telemetry.flush();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['a call']);
});

test('a signal may go to the console as well', async () => {
  await using collector = await receiver();
  vi.stubEnv('OTEL_TRACES_EXPORTER', 'console,otlp');
  const printed = vi.spyOn(console, 'dir').mockImplementation(() => {});
  await using telemetry = startTelemetry({ endpoint: collector.endpoint, signals: ['spans'] });
  record();
  expect((await telemetry.flush()).spans.exported).toBe(1);
  expect(printed.mock.calls[0]?.[0]).toMatchObject({ name: 'a call' });
});

test('says so when the SDK does not start, and leaves nothing behind', async () => {
  vi.stubEnv('OTEL_LOG_LEVEL', 'none');
  const start = (): unknown => startTelemetry({ metricReaders: [{} as IMetricReader] });
  expect(start).toThrow(TelemetryError);
  expect(start).toThrow('startTelemetry: the SDK did not start; its diagnostics say why');
  await startTelemetry({ signals: [] }).shutdown();
});

test('is started once in a process, and again after a shutdown', async () => {
  await using collector = await receiver();
  const first = startTelemetry({ endpoint: collector.endpoint });
  const again = (): unknown => startTelemetry({ endpoint: collector.endpoint });
  expect(again).toThrow(TelemetryError);
  expect(again).toThrow('startTelemetry: an OpenTelemetry SDK is already registered in this process');
  await first.shutdown();
  first.logger.info({}, 'too late, and no harm done');
  await using second = startTelemetry({ endpoint: collector.endpoint });
  record();
  expect((await second.flush()).spans.exported).toBe(1);
});

describe('checks its options, and shows no secret', () => {
  test.each<[string, object]>([
    ['unknown option url; known are serviceName, resourceAttributes, endpoint', { url: 'x' }],
    ['serviceName must be a non-empty string, got ""', { serviceName: '' }],
    ['resourceAttributes must be an object, got []', { resourceAttributes: [] }],
    ['endpoint must be an http or https URL', { endpoint: 'me:secret@collector' }],
    ['endpoint must be an http or https URL', { endpoint: 'ftp://me:secret@collector' }],
    ['headers must be an object of strings that are fit for HTTP', { headers: 'authorization=secret' }],
    ['headers must be an object of strings that are fit for HTTP', { headers: { a: 'secret\n' } }],
    [`protocol must be one of 'http/protobuf', 'http/json', got "grpc"`, { protocol: 'grpc' }],
    [`signals must be an array of 'spans', 'metrics', 'logs', got ["traces"]`, { signals: ['traces'] }],
    ['spanProcessors must be an array, got {}', { spanProcessors: {} }],
    ['metricReaders must be an array, got {}', { metricReaders: {} }],
    ['logRecordProcessors must be an array, got {}', { logRecordProcessors: {} }],
    ['shutdownTimeout must be a duration', { shutdownTimeout: 'soon' }],
    ['onDrop must be a function, got true', { onDrop: true }],
  ])('%s', (message, options) => {
    const start = (): unknown => startTelemetry(options as TelemetryOptions);
    expect(start).toThrow(ConfigurationError);
    expect(start).toThrow(`startTelemetry: ${message}`);
    expect(start).not.toThrow(/secret/);
  });

  test.each([
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'must be one of http/protobuf, http/json, got "grpc"'],
    ['OTEL_METRICS_EXPORTER', 'otlp,prometheus', 'may list console beside otlp, and nothing else'],
    ['OTEL_CONFIG_FILE', 'otel.yaml', 'is not supported'],
  ])('%s=%s', (variable, value, message) => {
    vi.stubEnv(variable, value);
    expect(() => startTelemetry()).toThrow(`startTelemetry: ${variable} ${message}`);
  });
});
