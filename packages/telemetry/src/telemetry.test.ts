import { metrics, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { receiver, type Behaviour, type Receiver } from './receiver.test-support.ts';
import { startTelemetry } from './start-telemetry.ts';
import type { Drop } from './tally.ts';
import type { Telemetry, TelemetryReport } from './telemetry.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function record(telemetry: Telemetry): void {
  for (let n = 0; n < 3; n++) trace.getTracer('test').startSpan('a call').end();
  metrics.getMeter('test').createCounter('calls').add(1);
  telemetry.logger.info({}, 'a line');
}

async function refused(): Promise<Receiver> {
  const collector = await receiver();
  await collector.close();
  return collector;
}

const counts = ({ spans, metrics, logs }: TelemetryReport): string =>
  [spans, metrics, logs].map((of) => `${of.exported}/${of.dropped}/${of.pending}`).join(' ');

describe('a shutdown ends in its time, says what was lost, and why, whatever the collector does', () => {
  test.each<[string, Behaviour | 'refuse', boolean, string]>([
    ['refuses the connection', 'refuse', true, 'ECONNREFUSED'],
    ['is overloaded', { status: 503 }, true, 'HTTP 503'],
    ['never answers', 'hang', true, 'shutdown'],
    ['wants no such thing', { status: 400 }, false, 'HTTP 400'],
    ['wants it much later', { status: 429, retryAfter: 600 }, false, 'HTTP 429'],
  ])('it %s', async (_, behaviour, timedOut, error) => {
    await using collector = behaviour === 'refuse' ? await refused() : await receiver(behaviour);
    const drops: Drop[] = [];
    const { endpoint } = collector;
    const telemetry = startTelemetry({ endpoint, shutdownTimeout: 700, onDrop: (drop) => drops.push(drop) });
    record(telemetry);
    const startedAt = performance.now();
    const report = await telemetry.shutdown();
    expect(performance.now() - startedAt).toBeLessThan(1700);
    expect([counts(report), report.timedOut, report.error]).toEqual(['0/3/0 0/1/0 0/1/0', timedOut, error]);
    expect(drops.toSorted((a, b) => b.count - a.count || a.signal.localeCompare(b.signal))).toEqual([
      { signal: 'spans', count: 3, error },
      { signal: 'logs', count: 1, error },
      { signal: 'metrics', count: 1, error },
    ]);
    expect(await telemetry.shutdown()).toBe(report);
    expect(JSON.stringify([report, drops])).not.toContain('secret');
  });
});

test('a flush that is not done in time says what is pending, and the next one what became of it', async () => {
  await using collector = await receiver({ status: 503, retryAfter: 1 });
  await using telemetry = startTelemetry({ endpoint: collector.endpoint });
  record(telemetry);
  const early = await telemetry.flush(200);
  expect([counts(early), early.timedOut]).toEqual(['0/0/3 0/0/1 0/0/1', true]);
  collector.behaviour = 'take';
  const late = await telemetry.flush();
  expect([counts(late), late.timedOut, late.error]).toEqual(['3/0/0 2/0/0 1/0/0', false, undefined]);
});

test('an export is given up when its own time is over', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '50');
  await using collector = await receiver('hang');
  const { endpoint } = collector;
  await using telemetry = startTelemetry({ endpoint, signals: ['spans', 'logs'], onDrop() {} });
  record(telemetry);
  const { error, ...report } = await telemetry.flush();
  expect([counts(report), report.timedOut, error]).toEqual(['0/3/0 0/0/0 0/1/0', false, 'timeout']);
});

test('a time that is none is that of the options', async () => {
  await using collector = await receiver();
  const telemetry = startTelemetry({ endpoint: collector.endpoint, signals: ['spans'] });
  record(telemetry);
  expect((await telemetry.shutdown('soon' as '1s')).spans.exported).toBe(3);
});

test('flushes may overlap, and a shutdown may come in between', async () => {
  await using collector = await receiver();
  const telemetry = startTelemetry({ endpoint: collector.endpoint, signals: ['spans', 'logs'] });
  record(telemetry);
  const [first, second, end, late] = await Promise.all([
    telemetry.flush(),
    telemetry.flush(),
    telemetry.shutdown(),
    telemetry.flush(),
  ]);
  expect([first, second, end].map(counts)).toEqual(Array(3).fill('3/0/0 0/0/0 1/0/0'));
  expect(late).toBe(end);
});

test('what a collector took only in part is not all exported', async () => {
  await using collector = await receiver({ reject: 2 });
  const telemetry = startTelemetry({ endpoint: collector.endpoint, signals: ['spans'], onDrop() {} });
  record(telemetry);
  const report = await telemetry.shutdown();
  expect([counts(report), report.error]).toEqual(['1/2/0 0/0/0 0/0/0', 'rejected']);
});

test('an application goes on unhindered while the collector hangs', async () => {
  await using collector = await receiver('hang');
  const telemetry = startTelemetry({ endpoint: collector.endpoint, signals: ['spans'], onDrop() {} });
  const tracer = trace.getTracer('test');
  // More than a queue and its batches hold.
  for (let n = 0; n < 10_000; n++) tracer.startSpan('a call').end();
  const report = await telemetry.shutdown(100);
  expect(counts(report)).toBe('0/10000/0 0/0/0 0/0/0');
});

test('a loss is told on the console, once a minute, and what is left at the end', async () => {
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '1');
  const told: unknown[] = [];
  const first = new Promise<void>((resolve) => {
    vi.spyOn(console, 'warn').mockImplementation((line: unknown) => {
      told.push(line);
      resolve();
    });
  });
  await using collector = await receiver({ status: 401 });
  const telemetry = startTelemetry({ endpoint: collector.endpoint, headers: { authorization: 'secret' } });
  trace.getTracer('test').startSpan('a call').end();
  await first;
  for (let n = 0; n < 3; n++) {
    record(telemetry);
    await telemetry.flush();
  }
  await telemetry.shutdown();
  expect(told).toEqual([
    'telemetry: 1 spans lost: HTTP 401',
    expect.stringMatching(/^telemetry: (9 spans|3 log records|4 data points|, ){5} lost: HTTP 401$/),
  ]);
});

test('what a notice throws stays there', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await using collector = await refused();
  const onDrop = (): never => {
    throw new Error('no paper');
  };
  const telemetry = startTelemetry({ endpoint: collector.endpoint, signals: ['spans'], onDrop });
  record(telemetry);
  expect((await telemetry.shutdown(500)).spans.dropped).toBe(3);
  expect(warned.mock.calls).toEqual([['telemetry: onDrop failed on a loss of 3 spans']]);
});
