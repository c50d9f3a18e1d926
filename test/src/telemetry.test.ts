import { interpose } from '@interpose/openai';
import { log } from '@interpose/log';
import { retry } from '@interpose/retry';
import { startTelemetry } from '@interpose/telemetry';
import { fakeProvider, type FakeProvider, type ScriptedReply } from '@interpose/testing';
import { trace } from '@interpose/trace';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { receiver, type Received } from '../../packages/telemetry/src/receiver.test-support.ts';

const CANARY = 'canary-4711-of-the-prompt';
const KEY = 'sk-canary-4711-of-the-key';
const HI = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: CANARY }] };

function clientOf({ baseURL }: FakeProvider): OpenAI {
  return new OpenAI({ baseURL, apiKey: KEY });
}

test('spans, metrics and logs of calls reach a collector over http/protobuf, with the same ids', async () => {
  await using collector = await receiver();
  await using provider = await fakeProvider({
    script: [{ status: 503, headers: { 'retry-after-ms': '1' } }],
  });
  const telemetry = startTelemetry({
    serviceName: 'shop',
    endpoint: collector.endpoint,
    protocol: 'http/protobuf',
  });
  const openai = interpose(clientOf(provider), [
    trace({ content: 'both' }),
    log({ logger: telemetry.logger }),
    retry(),
  ]);
  await openai.chat.completions.create(HI);
  const { spans, metrics, logs, timedOut } = await telemetry.shutdown();
  expect([spans.exported, logs.exported, timedOut]).toEqual([3, 2, false]);
  expect(metrics.exported).toBeGreaterThan(5);

  const call = named(collector.spans, 'chat gpt-4o-mini');
  expect(call).toMatchObject({
    scope: '@interpose/trace',
    attributes: {
      'gen_ai.usage.output_tokens': expect.any(Number),
      'interpose.attempts': 2,
      // Structured, also on the wire.
      'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: CANARY }] }],
    },
  });
  const attempts = collector.spans.filter(({ name }) => String(name).startsWith('attempt'));
  expect(attempts.map(({ parentSpanId }) => parentSpanId)).toEqual([call['spanId'], call['spanId']]);
  expect(collector.metrics.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['gen_ai.client.inference.duration', 'interpose.attempts', 'interpose.retries']),
  );
  expect(collector.logs.map(({ traceId, spanId }) => [traceId, spanId])).toEqual(
    Array.from({ length: 2 }, () => [call['traceId'], call['spanId']]),
  );
  expect(collector.logs.map(({ eventName, body }) => eventName || body)).toEqual(
    expect.arrayContaining(['gen_ai.client.inference.operation.details', expect.stringMatching(/^chat /)]),
  );
});

function named(spans: readonly Received[], name: string): Received {
  const span = spans.find((each) => each['name'] === name);
  if (!span) throw new Error(`no span ${name}`);
  return span;
}

test('with the collector down calls are answered as ever, and the shutdown keeps to its time', async () => {
  const collector = await receiver();
  const { endpoint } = collector;
  await collector.close();
  await using provider = await fakeProvider();
  const lost: string[] = [];
  const telemetry = startTelemetry({
    endpoint,
    onDrop: ({ signal, error }) => lost.push(`${signal} ${error}`),
  });
  const openai = interpose(clientOf(provider), [trace(), log({ logger: telemetry.logger })]);
  const answers = await Promise.all(Array.from({ length: 50 }, () => openai.chat.completions.create(HI)));
  expect(new Set(answers.map(({ choices }) => choices[0]?.finish_reason))).toEqual(new Set(['stop']));
  const startedAt = performance.now();
  const { spans, logs } = await telemetry.shutdown('1s');
  expect(performance.now() - startedAt).toBeLessThan(2000);
  expect([spans, logs]).toEqual([
    { exported: 0, dropped: 100, pending: 0 },
    { exported: 0, dropped: 50, pending: 0 },
  ]);
  expect(lost).toContain('spans ECONNREFUSED');
});

/** What can go wrong with a call, each with its canary in what the provider says. */
const FAULTS: readonly ScriptedReply[] = [
  {},
  { text: `It is ${CANARY}` },
  { refusal: CANARY },
  { reasoning: CANARY },
  { toolCalls: [{ name: 'look', arguments: { at: CANARY } }] },
  ...[400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504].map((status) => ({
    status,
    headers: { 'retry-after-ms': '1' },
    body: { error: { message: `${CANARY} ${KEY}`, code: CANARY, type: CANARY, param: CANARY } },
  })),
  { status: 500, body: `<html>${CANARY}</html>` },
  { body: `{"broken": "${CANARY}` },
  { malformed: 'json' },
  { malformed: 'sse' },
  { cut: { afterEvents: 1 } },
  { cut: { afterEvents: 2, how: 'reset' } },
  { cut: { atByte: 10 } },
  { errorInStream: { afterEvents: 1, error: { message: CANARY, type: CANARY, code: CANARY, param: null } } },
  { refuse: true },
];

describe('no prompt and no key is in what is exported', () => {
  test.each(['chat', 'responses'] as const)(
    'of %s calls, plain and streamed, whatever goes wrong',
    async (wire) => {
      await using collector = await receiver();
      await using provider = await fakeProvider();
      const telemetry = startTelemetry({ endpoint: collector.endpoint, protocol: 'http/json' });
      const openai = interpose(clientOf(provider), [
        trace(),
        log({ logger: telemetry.logger }),
        retry({ maxAttempts: 2 }),
      ]);
      let calls = 0;
      for (const reply of FAULTS) {
        for (const stream of [false, true]) {
          provider.script(reply, reply);
          calls++;
          const asked: Promise<unknown> =
            wire === 'chat'
              ? openai.chat.completions.create({ ...HI, stream, user: CANARY, metadata: { note: CANARY } })
              : openai.responses.create({ model: 'gpt-5', input: CANARY, instructions: CANARY, stream });
          await asked
            .then(async (answer) => {
              if (stream) for await (const _event of answer as AsyncIterable<unknown>);
            })
            .catch(() => {});
        }
      }
      await telemetry.shutdown();
      expect(collector.spans.filter(({ name }) => String(name).startsWith('chat'))).toHaveLength(calls);
      expect(calls).toBeGreaterThanOrEqual(50);
      const all = JSON.stringify([collector.spans, collector.metrics, collector.logs]);
      expect(all.match(/canary-4711.{0,80}/)?.[0]).toBeUndefined();
    },
  );
});
