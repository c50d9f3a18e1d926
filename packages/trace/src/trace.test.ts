import { interceptorSuite } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { retry } from '@interpose/retry';
import { bench, read } from './trace.test-support.ts';
import { trace } from './trace.ts';

const HI = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('the suite, with no SDK', () => {
  for (const { name, run } of interceptorSuite(() => trace())) test(name, run);
});

describe('the suite, with an SDK that records', () => {
  for (const { name, run } of interceptorSuite(() => {
    const { tracer } = bench({});
    return trace({ tracer, content: 'span' });
  }))
    test(name, run);
});

describe('the trace of a call that is', () => {
  test('plain', async () => {
    const { openai, picture } = bench({});
    await openai.chat.completions.create({ ...HI, temperature: 0, max_completion_tokens: 20 });
    expect(await picture()).toBe('');
  });

  test('streamed', async () => {
    const { openai, picture } = bench({});
    await read(await openai.chat.completions.create({ ...HI, stream: true }));
    expect(await picture()).toBe('');
  });

  test('retried', async () => {
    const { openai, picture } = bench({}, [{ status: 503 }, { refuse: true }], [retry()]);
    await openai.chat.completions.create(HI);
    expect(await picture()).toBe('');
  });
});
