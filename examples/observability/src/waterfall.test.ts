import { SpanStatusCode, context, trace, type Attributes, type HrTime, type Span } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { waterfall, type WaterfallOptions } from './waterfall.ts';

/** Spans with times of the test's choice, in milliseconds. */
function recorder() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('test');
  function start(name: string, at: number, attributes: Attributes = {}, parent?: Span): Span {
    const within = parent ? trace.setSpan(context.active(), parent) : context.active();
    return tracer.startSpan(name, { startTime: time(at), attributes, root: !parent }, within);
  }
  return {
    start,
    picture: (options: WaterfallOptions = {}) => waterfall(exporter.getFinishedSpans(), options).join('\n'),
  };
}

function time(ms: number): HrTime {
  return [1000, ms * 1e6];
}

test('a trace of a retried call and a failed one is drawn to scale', () => {
  const { start, picture } = recorder();
  const root = start('answer a question', 0, { 'error.type': 'RateLimitError' });
  const call = start(
    'chat gpt-4o-mini',
    100,
    {
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 48,
      'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.time_to_first_chunk': 0.35,
      'interpose.attempts': 2,
    },
    root,
  );
  const first = start(
    'attempt 1',
    100,
    { 'error.type': 'overloaded', 'http.response.status_code': 503 },
    call,
  );
  first.setStatus({ code: SpanStatusCode.ERROR }).end(time(150));
  const failed = {
    'interpose.attempt_failed.attempt': 1,
    'interpose.attempt_failed.retrying': true,
    'interpose.attempt_failed.failure.kind': 'overloaded',
  };
  call.addEvent('interpose.attempt_failed', failed, time(150));
  call.addEvent(
    'interpose.wait',
    { 'interpose.wait.ms': 149.6, 'interpose.wait.reason': 'backoff' },
    time(150),
  );
  start('attempt 2', 300, { 'http.response.status_code': 200 }, call).end(time(600));
  call.end(time(600));
  const last = start('chat gpt-4o-mini', 700, { 'error.type': 'quota_exhausted' }, root);
  last.setStatus({ code: SpanStatusCode.ERROR }).end(time(900));
  root.setStatus({ code: SpanStatusCode.ERROR }).end(time(1000));

  expect(picture()).toMatchInlineSnapshot(`
    "answer a question   ██████████████████████████████████  1000 ms ✗ RateLimitError
    ├─ chat gpt-4o-mini    █████████████████▍                500 ms gpt-4o-mini-2024-07-18, 12 → 48 tok…
    │  │                     ▲                               +50 ms attempt 1: overloaded
    │  │                     ▲                               +50 ms waits 150 ms (backoff)
    │  │                               ▲                    +350 ms first chunk
    │  ├─ attempt 1        ██▏                                50 ms ✗ overloaded, 503
    │  └─ attempt 2               ██████████▍                300 ms
    └─ chat gpt-4o-mini                        ███████▋      200 ms ✗ quota_exhausted"
  `);
});

test('a span whose parent is elsewhere stands at the top, in its turn', () => {
  const { start, picture } = recorder();
  const elsewhere = start('of another process', 0);
  start('later', 60, {}, elsewhere).end(time(100));
  const earlier = start('earlier', 20, {}, elsewhere);
  start('beneath', 30, {}, earlier).end(time(40));
  earlier.end(time(60));
  expect(picture({ width: 40 })).toMatchInlineSnapshot(`
    "earlier    █████████▌             40 ms
    └─ beneath   ██▊                  10 ms
    later               ██████████    40 ms"
  `);
});

test('what took no time is a thin line, at the end of a trace too', () => {
  const { start, picture } = recorder();
  const root = start('root', 0);
  start('at once', 0, {}, root).end(time(0));
  start('at last', 80, {}, root).end(time(80));
  root.end(time(80));
  expect(picture({ width: 40 })).toMatchInlineSnapshot(`
    "root       ███████████████████    80 ms
    ├─ at once ▏                       0 ms
    └─ at last                   ▏     0 ms"
  `);
});

test('a trace that took no time at all', () => {
  const { start, picture } = recorder();
  start('root', 5).end(time(5));
  expect(picture({ width: 40 })).toMatchInlineSnapshot(`"root ▏                             0 ms"`);
});

test('no spans are no lines', () => {
  expect(waterfall([])).toEqual([]);
});

test('in a narrow terminal, names and facts give way to the bars', () => {
  const { start, picture } = recorder();
  const root = start('a rather long name for a span', 0);
  start('embeddings text-embedding-3-small', 10, { 'gen_ai.usage.input_tokens': 1234 }, root).end(
    time(20_010),
  );
  root.end(time(40_000));
  expect(picture({ width: 48 })).toMatchInlineSnapshot(`
    "a rather long nam… ████████   40.0 s
    └─ embeddings tex… ████       20.0 s 1234 tokens"
  `);
});

test('texts are shown where they are asked for, shortened, on a line each', () => {
  const { start, picture } = recorder();
  const root = start('root', 0);
  const said = 'Is it\n\u001B[31mred\u001B[0m, or is it another colour of which nobody has ever heard?';
  const input = [{ role: 'user', parts: [{ type: 'text', content: said }] }];
  const call = { type: 'tool_call', id: 'c1', name: 'look', arguments: { at: 'it' } };
  const output = [{ role: 'assistant', parts: [call] }];
  const attributes = { 'gen_ai.input.messages': input, 'gen_ai.output.messages': output };
  start('chat', 0, attributes as unknown as Attributes, root).end(time(10));
  root.end(time(10));
  expect(picture({ width: 60, content: true })).toMatchInlineSnapshot(`
    "root    ██████████████████████████████████████████    10 ms
    └─ chat ██████████████████████████████████████████    10 ms
          in  user: Is it  [31mred [0m, or is it another colour…
          out assistant: look({"at":"it"})"
  `);
  expect(picture({ width: 60 })).not.toContain('user');
});

test('parts are painted after they were aligned', () => {
  const { start, picture } = recorder();
  const root = start('root', 0);
  start('child', 5, { 'error.type': 'network' }, root)
    .setStatus({ code: SpanStatusCode.ERROR })
    .end(time(10));
  root.end(time(10));
  const painted = picture({ width: 40, paint: (part, text) => `<${part}>${text}</>` });
  expect(painted.replaceAll(/<.*?>/g, '').replaceAll(/ +$/gm, '')).toBe(picture({ width: 40 }));
  expect(painted).toContain('<failed>✗ network</>');
});
