import { evaluated, type Evaluation, type Interceptor } from '@interpose/core';
import { logs } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { afterEach, expect, test } from 'vitest';
import { bench } from './trace.test-support.ts';

afterEach(() => logs.disable());

const HI = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hi' }] };
const FOUND: readonly Evaluation[] = [
  { name: 'shape', verdict: 'pass', severity: 'error', responseId: 'chatcmpl-1', attempt: 2 },
  {
    name: 'grounded',
    verdict: 'fail',
    severity: 'warn',
    score: 0.25,
    explanation: 'of elsewhere',
    attempt: 2,
  },
];

const judging: Interceptor = (next) => (call) => {
  for (const found of FOUND) call.runtime.events.emit(evaluated, 'judging', call, found);
  return next(call);
};

const EXPECTED = [
  {
    'gen_ai.evaluation.name': 'shape',
    'gen_ai.evaluation.score.label': 'pass',
    'gen_ai.response.id': 'chatcmpl-1',
    'interpose.evaluation.severity': 'error',
    'interpose.attempt': 2,
  },
  {
    'gen_ai.evaluation.name': 'grounded',
    'gen_ai.evaluation.score.label': 'fail',
    'gen_ai.evaluation.score.value': 0.25,
    'gen_ai.evaluation.explanation': 'of elsewhere',
    'interpose.evaluation.severity': 'warn',
    'interpose.attempt': 2,
  },
];

test('what judges found is on the span of the call, by the conventions', async () => {
  const { openai, spans } = bench({ attempts: false }, [], [judging]);
  await openai.chat.completions.create(HI);
  await new Promise((resolve) => setImmediate(resolve));
  expect(spans()[0]?.events.map(({ name, attributes }) => [name, attributes])).toEqual(
    EXPECTED.map((attributes) => ['gen_ai.evaluation.result', attributes]),
  );
});

test('what judges found goes out as events of the trace, with what the call is known by', async () => {
  const exporter = new InMemoryLogRecordExporter();
  const processors = [new SimpleLogRecordProcessor({ exporter })];
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors }));
  const { openai, spans } = bench({ attempts: false }, [], [judging]);
  await openai.chat.completions.create(HI);
  await new Promise((resolve) => setImmediate(resolve));
  const [span] = spans();
  const records = exporter.getFinishedLogRecords();
  expect(records.map(({ eventName, spanContext }) => [eventName, spanContext?.spanId])).toEqual(
    EXPECTED.map(() => ['gen_ai.evaluation.result', span?.spanContext().spanId]),
  );
  records.forEach(({ attributes }, index) => {
    expect(attributes).toMatchObject({ ...EXPECTED[index], 'gen_ai.request.model': 'gpt-4o-mini' });
  });
});

test('what judges found is counted', async () => {
  const { openai, metrics } = bench({}, [{}], [judging]);
  await openai.chat.completions.create(HI);
  expect((await metrics()).filter((line) => line.startsWith('interpose.evaluations'))).toEqual([
    'interpose.evaluations op=chat model=gpt-4o-mini interpose.evaluation.name=shape interpose.evaluation.verdict=pass interpose.evaluation.severity=error: 1 {evaluation}',
    'interpose.evaluations op=chat model=gpt-4o-mini interpose.evaluation.name=grounded interpose.evaluation.verdict=fail interpose.evaluation.severity=warn: 1 {evaluation}',
  ]);
});
