import { SCRUBBER, provide, type StackEntry } from '@interpose/core';
import { retry } from '@interpose/retry';
import { SpanKind, logs } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fitted } from './content/fitted.ts';
import type { TraceOptions } from './options.ts';
import { bench, read } from './trace.test-support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  logs.disable();
});

const scrubber = provide(SCRUBBER, { scrub: (text: string) => text.replaceAll('secret', '[SECRET]') });

/** The content of a conversation with a tool, an image and a refusal, as it is recorded. */
async function recorded(
  options: TraceOptions,
  rest: readonly StackEntry[] = [],
): Promise<Record<string, unknown>> {
  const { openai, callAttributes } = bench(
    { content: 'span', ...options },
    [{ text: 'The secret is out' }],
    [scrubber, ...rest],
  );
  await openai.chat.completions.create({
    model: 'gpt-4o-mini',
    tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
    messages: [
      { role: 'system', content: 'Keep the secret' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        ],
      },
      {
        role: 'assistant',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"secret"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'a cat' },
    ],
  });
  const attributes = await callAttributes();
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => /messages|instructions|definitions|content/.test(name)),
  );
}

test('is recorded in the shape of the conventions, scrubbed, without the data of images', async () => {
  expect(await recorded({})).toEqual({
    'gen_ai.input.messages': [
      { role: 'system', parts: [{ type: 'text', content: 'Keep the [SECRET]' }] },
      {
        role: 'user',
        parts: [
          { type: 'text', content: 'What is this?' },
          { type: 'blob', modality: 'image', mime_type: 'image/png' },
          { type: 'uri', modality: 'image', uri: 'https://example.com/a.png' },
        ],
      },
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'c1', name: 'look', arguments: { at: '[SECRET]' } }],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', result: 'a cat' }] },
    ],
    'gen_ai.tool.definitions': [
      { type: 'function', function: { name: 'look', parameters: { type: 'object' } } },
    ],
    'gen_ai.output.messages': [
      { role: 'assistant', parts: [{ type: 'text', content: 'The [SECRET] is out' }], finish_reason: 'stop' },
    ],
  });
});

test('is recorded beneath a unit that reads the answer before the caller does', async () => {
  expect(await recorded({}, [retry()])).toEqual(await recorded({}));
});

test('is nowhere unless it is asked for', async () => {
  expect(await recorded({ content: 'none' })).toEqual({});
});

test('of responses has instructions apart, and tool calls and thoughts among the parts', async () => {
  const { openai, callAttributes } = bench({ content: 'span' }, [
    { reasoning: 'Hm', toolCalls: [{ name: 'weather', arguments: { city: 'Bern' } }] },
  ]);
  await read(
    await openai.responses.create({
      model: 'gpt-5',
      instructions: 'Be brief',
      input: [
        { role: 'user', content: 'Weather?' },
        { type: 'function_call', call_id: 'c0', name: 'place', arguments: 'no json' },
        { type: 'function_call_output', call_id: 'c0', output: 'Bern' },
      ],
      stream: true,
    }),
  );
  const attributes = await callAttributes();
  expect(attributes['gen_ai.system_instructions']).toEqual([{ type: 'text', content: 'Be brief' }]);
  expect(attributes['gen_ai.input.messages']).toEqual([
    { role: 'user', parts: [{ type: 'text', content: 'Weather?' }] },
    { role: 'assistant', parts: [{ type: 'tool_call', id: 'c0', name: 'place', arguments: 'no json' }] },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c0', result: 'Bern' }] },
  ]);
  expect(attributes['gen_ai.output.messages']).toEqual([
    {
      role: 'assistant',
      finish_reason: 'tool_call',
      parts: [
        { type: 'reasoning', content: 'Hm' },
        { type: 'tool_call', id: expect.any(String), name: 'weather', arguments: { city: 'Bern' } },
      ],
    },
  ]);
});

describe('in an event', () => {
  test.each([
    ['event', 'EVENT_ONLY', false],
    ['both', 'SPAN_AND_EVENT', true],
  ] as const)('as the option %s or the variable %s say', async (content, variable, onSpan) => {
    const exporter = new InMemoryLogRecordExporter();
    const processors = [new SimpleLogRecordProcessor({ exporter })];
    logs.setGlobalLoggerProvider(new LoggerProvider({ processors }));
    vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', variable);
    for (const options of [{ content }, {}]) {
      exporter.reset();
      const { openai, spans } = bench(options);
      await openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'hi' }],
      });
      await new Promise((resolve) => setImmediate(resolve));
      const span = spans().find(({ kind }) => kind === SpanKind.CLIENT);
      const [record] = exporter.getFinishedLogRecords();
      const { eventName, spanContext, attributes } = record ?? {};
      expect([eventName, spanContext?.traceId, spanContext?.spanId]).toEqual([
        'gen_ai.client.inference.operation.details',
        span?.spanContext().traceId,
        span?.spanContext().spanId,
      ]);
      expect(attributes).toMatchObject({
        'gen_ai.operation.name': 'chat',
        'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'hi' }] }],
      });
      expect('gen_ai.input.messages' in (span?.attributes ?? {})).toBe(onSpan);
    }
  });

  test('a variable that means nothing captures nothing', async () => {
    vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'yes please');
    const { openai, picture } = bench({});
    await openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'canary' }] });
    expect(await picture()).not.toContain('canary');
  });
});

describe('the limit', () => {
  test('keeps the end of a conversation, cuts what stands before it, and says so', async () => {
    const { openai, callAttributes } = bench({ content: 'span', maxContentCharacters: 200 });
    await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [
        { role: 'user', content: 'first' },
        { role: 'user', content: 'x'.repeat(1000) },
        { role: 'user', content: 'last' },
      ],
    });
    const attributes = await callAttributes();
    expect(attributes['gen_ai.input.messages']).toEqual([
      {
        role: 'user',
        parts: [{ type: 'text', content: expect.stringMatching(/^x+\.\.\. \[\d+ more characters\]$/) }],
      },
      { role: 'user', parts: [{ type: 'text', content: 'last' }] },
    ]);
    expect(attributes['interpose.content.cut']).toBe(true);
  });

  test('holds for whatever there is, which stays what it was where it fits', () => {
    const message = fc.record({
      role: fc.constant('user'),
      parts: fc.array(fc.record({ content: fc.string({ unit: 'binary' }) })),
    });
    fc.assert(
      fc.property(fc.array(message), fc.integer({ min: 1, max: 400 }), (items, limit) => {
        const { items: kept, cut } = fitted(items, limit);
        if (kept.length > 0) expect(JSON.stringify(kept).length).toBeLessThanOrEqual(limit);
        if (!cut) expect(kept).toEqual(items);
        expect(JSON.parse(JSON.stringify(kept))).toEqual(kept);
        expect(kept.slice(1)).toEqual(items.slice(items.length - kept.length + 1));
      }),
    );
  });
});
