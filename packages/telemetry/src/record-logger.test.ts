import { trace } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { receiver, type Received } from './receiver.test-support.ts';
import { startTelemetry } from './start-telemetry.ts';
import type { Telemetry } from './telemetry.ts';

async function logged(work: (telemetry: Telemetry) => void): Promise<Received[]> {
  await using collector = await receiver();
  const telemetry = startTelemetry({ endpoint: collector.endpoint, signals: ['spans', 'logs'] });
  work(telemetry);
  await telemetry.shutdown();
  return collector.logs;
}

test('a line is a record: its message the body, its fields attributes, its level the severity', async () => {
  const records = await logged(({ logger }) => {
    logger.debug({}, 'one');
    logger.info({ model: 'm', tokens: 12, ratio: 0.5, ok: true }, 'two');
    logger.warn({ usage: { input: 1, parts: ['a', 2, { b: null }] } }, 'three');
    logger.error({ gone: undefined, big: 12n, at: new Date(0), code() {} }, 'four');
  });
  expect(
    records.map(({ severityNumber, severityText, body, attributes }) => ({
      line: `${severityNumber} ${severityText} ${body}`,
      attributes,
    })),
  ).toEqual([
    { line: '5 DEBUG one', attributes: {} },
    { line: '9 INFO two', attributes: { model: 'm', tokens: 12, ratio: 0.5, ok: true } },
    { line: '13 WARN three', attributes: { usage: { input: 1, parts: ['a', 2, { b: null }] } } },
    { line: '17 ERROR four', attributes: { big: '12', at: '1970-01-01T00:00:00.000Z' } },
  ]);
});

test('errors are told with name, message and stack, circles end, and what cannot be read does no harm', async () => {
  const circle: { self?: object; name: string } = { name: 'round' };
  circle.self = circle;
  const broken = {
    get x(): never {
      throw new Error('no');
    },
  };
  const [record] = await logged(({ logger }) => {
    logger.error(
      { err: Object.assign(new TypeError('broken'), { code: 'E_X', stack: 'a\nb' }), circle, broken },
      'x',
    );
  });
  expect(record?.attributes).toEqual({
    err: { name: 'TypeError', message: 'broken', stack: 'a\nb', code: 'E_X' },
    circle: { name: 'round', self: '[circular]' },
    broken: { x: '[unreadable]' },
  });
});

test('a record belongs to the span that is active', async () => {
  let ids = {};
  const [inside, outside] = await logged(({ logger }) => {
    trace.getTracer('test').startActiveSpan('a call', (span) => {
      const { traceId, spanId } = span.spanContext();
      ids = { traceId, spanId };
      logger.info({}, 'inside');
      span.end();
    });
    logger.info({}, 'outside');
  });
  expect(inside).toMatchObject(ids);
  expect([outside?.['traceId'] || undefined, outside?.['spanId'] || undefined]).toEqual([
    undefined,
    undefined,
  ]);
});

test('or to the one that its fields name, which are then no attributes', async () => {
  const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
  const [named, nameless] = await logged(({ logger }) => {
    logger.info({ ...ids, model: 'm' }, 'named');
    logger.info({ traceId: 'mine', spanId: 'too' }, 'not of a trace');
  });
  expect(named).toMatchObject({ ...ids, flags: 1, attributes: { model: 'm' } });
  expect(nameless?.attributes).toEqual({ traceId: 'mine', spanId: 'too' });
});
