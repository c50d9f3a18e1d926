import { Reply, InterposeError, detour, hit, type Interceptor } from '@interpose/core';
import { retry } from '@interpose/retry';
import { interceptorSuite } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { bench, read } from './trace.test-support.ts';
import { trace } from './trace.ts';

const HI = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('the suite, with no SDK', () => {
  for (const { name, run } of interceptorSuite(() => trace())) test(name, run);
});

describe('the suite, with an SDK that records all there is', () => {
  const factory = () => trace({ tracer: bench({}).tracer, content: 'span' });
  for (const { name, run } of interceptorSuite(factory)) test(name, run);
});

/** Answers every call as a cache does. */
const cached: Interceptor = () => async (call) => {
  call.runtime.events.emit(hit, 'cached', call, { source: 'cache' });
  const usage = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 };
  const body = {
    id: 'c',
    model: 'm-1',
    choices: [{ index: 0, message: { content: 'a' }, finish_reason: 'stop' }],
    usage,
  };
  return new Reply(call, Response.json(body), { source: 'cache' });
};

const refusing: Interceptor = () => () =>
  Promise.reject(
    new InterposeError('Too dear: canary-of-the-refusal', { code: 'budget_exceeded', status: 402 }),
  );

/** Goes to another model when the first fails. */
const falling: Interceptor = (next) => async (call) => {
  const reply = await next(call);
  if (reply.ok) return reply;
  await reply.cancel();
  const target = { kind: 'fallback', target: 'gpt-4o' } as const;
  return next(call.with({ params: { ...call.params, model: 'gpt-4o' }, context: [[detour, target]] }));
};

describe('the trace of a call that is', () => {
  test('plain', async () => {
    const { openai, picture } = bench({});
    await openai.chat.completions.create({ ...HI, temperature: 0, max_completion_tokens: 20 });
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        gen_ai.request.temperature: 0
        gen_ai.request.max_tokens: 20
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        gen_ai.response.id: <string>
        gen_ai.response.model: "gpt-4o-mini"
        openai.response.service_tier: "default"
        openai.response.system_fingerprint: <string>
        gen_ai.response.finish_reasons: ["stop"]
        gen_ai.usage.input_tokens: 1
        gen_ai.usage.output_tokens: 4
        gen_ai.usage.cache_read.input_tokens: 0
        gen_ai.usage.reasoning.output_tokens: 0
        interpose.outcome: "completed"
        interpose.attempts: 1
        interpose.source: "provider"
        interpose.request.id: <string>
        INTERNAL attempt 1
          interpose.attempt: 1
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "completed"
          http.response.status_code: 200
          interpose.request.id: <string>"
    `);
  });

  test('streamed', async () => {
    const { openai, picture } = bench({});
    await read(await openai.chat.completions.create({ ...HI, stream: true }));
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        gen_ai.request.stream: true
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        gen_ai.response.id: <string>
        gen_ai.response.model: "gpt-4o-mini"
        openai.response.service_tier: "default"
        openai.response.system_fingerprint: <string>
        gen_ai.response.finish_reasons: ["stop"]
        gen_ai.usage.input_tokens: 1
        gen_ai.usage.output_tokens: 4
        gen_ai.usage.cache_read.input_tokens: 0
        gen_ai.usage.reasoning.output_tokens: 0
        interpose.outcome: "completed"
        interpose.attempts: 1
        interpose.source: "provider"
        interpose.request.id: <string>
        gen_ai.response.time_to_first_chunk: <number>
        INTERNAL attempt 1
          interpose.attempt: 1
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "completed"
          http.response.status_code: 200
          interpose.request.id: <string>"
    `);
  });

  test('retried', async () => {
    const { openai, picture } = bench({}, [{ status: 503 }, { refuse: true }], [retry()]);
    await openai.chat.completions.create(HI);
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        gen_ai.response.id: <string>
        gen_ai.response.model: "gpt-4o-mini"
        openai.response.service_tier: "default"
        openai.response.system_fingerprint: <string>
        gen_ai.response.finish_reasons: ["stop"]
        gen_ai.usage.input_tokens: 1
        gen_ai.usage.output_tokens: 4
        gen_ai.usage.cache_read.input_tokens: 0
        gen_ai.usage.reasoning.output_tokens: 0
        interpose.outcome: "completed"
        interpose.attempts: 3
        interpose.source: "provider"
        interpose.request.id: <string>
        * interpose.attempt_failed {"interpose.unit":"retry","interpose.attempt_failed.attempt":1,"interpose.attempt_failed.failure.kind":"overloaded","interpose.attempt_failed.failure.code":"server_error","interpose.attempt_failed.failure.status":503,"interpose.attempt_failed.failure.transient":true,"interpose.attempt_failed.retrying":true}
        * interpose.wait {"interpose.unit":"retry","interpose.wait.ms":250,"interpose.wait.reason":"backoff"}
        * interpose.attempt_failed {"interpose.unit":"retry","interpose.attempt_failed.attempt":2,"interpose.attempt_failed.failure.kind":"network","interpose.attempt_failed.failure.code":"ECONNREFUSED","interpose.attempt_failed.failure.transient":true,"interpose.attempt_failed.retrying":true}
        * interpose.wait {"interpose.unit":"retry","interpose.wait.ms":500,"interpose.wait.reason":"backoff"}
        INTERNAL attempt 1 ERROR 503 overloaded (server_error)
          interpose.attempt: 1
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "failed"
          http.response.status_code: 503
          interpose.request.id: <string>
          error.type: "overloaded"
          interpose.failure.code: "server_error"
        INTERNAL attempt 2 ERROR network (ECONNREFUSED)
          interpose.attempt: 2
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "failed"
          error.type: "network"
          interpose.failure.code: "ECONNREFUSED"
        INTERNAL attempt 3
          interpose.attempt: 3
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "completed"
          http.response.status_code: 200
          interpose.request.id: <string>"
    `);
  });

  test('retried by the client itself', async () => {
    const { openai, picture } = bench({}, [{ status: 503, headers: { 'retry-after-ms': '1' } }]);
    await openai.chat.completions.create(HI);
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        gen_ai.response.id: <string>
        gen_ai.response.model: "gpt-4o-mini"
        openai.response.service_tier: "default"
        openai.response.system_fingerprint: <string>
        gen_ai.response.finish_reasons: ["stop"]
        gen_ai.usage.input_tokens: 1
        gen_ai.usage.output_tokens: 4
        gen_ai.usage.cache_read.input_tokens: 0
        gen_ai.usage.reasoning.output_tokens: 0
        interpose.outcome: "completed"
        interpose.attempts: 2
        interpose.source: "provider"
        interpose.request.id: <string>
        INTERNAL attempt 1 ERROR 503 overloaded
          interpose.attempt: 1
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "failed"
          http.response.status_code: 503
          interpose.request.id: <string>
          error.type: "overloaded"
        INTERNAL attempt 2
          interpose.attempt: 2
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "completed"
          http.response.status_code: 200
          interpose.request.id: <string>"
    `);
  });

  test('given up by the client after its own retries', async () => {
    const failing = { status: 503, headers: { 'retry-after-ms': '1' } };
    const { openai, picture } = bench({ attempts: false }, [failing, failing, failing]);
    await expect(openai.chat.completions.create(HI)).rejects.toThrow('503');
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini ERROR 503 overloaded (server_error)
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        interpose.outcome: "failed"
        interpose.attempts: 3
        interpose.source: "provider"
        interpose.request.id: <string>
        error.type: "overloaded"
        interpose.failure.code: "server_error"
        http.response.status_code: 503"
    `);
  });

  test('answered by a cache', async () => {
    const { openai, picture } = bench({}, [], [cached]);
    await openai.chat.completions.create(HI);
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        gen_ai.response.id: <string>
        gen_ai.response.model: "m-1"
        gen_ai.response.finish_reasons: ["stop"]
        interpose.usage.saved.input_tokens: 9
        interpose.usage.saved.output_tokens: 1
        interpose.outcome: "completed"
        interpose.attempts: 0
        interpose.source: "cache"
        * interpose.hit {"interpose.unit":"cached","interpose.hit.source":"cache"}"
    `);
  });

  test('refused', async () => {
    const { openai, picture } = bench({}, [], [refusing]);
    await expect(openai.chat.completions.create(HI)).rejects.toThrow('Too dear');
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini ERROR refused (budget_exceeded)
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        interpose.outcome: "refused"
        interpose.attempts: 0
        error.type: "budget_exceeded"
        interpose.refusal.code: "budget_exceeded"
        * interpose.refusal {"interpose.refusal.code":"budget_exceeded"}"
    `);
  });

  test('aborted', async () => {
    const { openai, picture } = bench({}, [{ latency: 60_000 }]);
    const controller = new AbortController();
    const asked = openai.chat.completions.create(HI, { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(asked).rejects.toThrow('aborted');
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        interpose.outcome: "aborted"
        interpose.attempts: 1
        INTERNAL attempt 1
          interpose.attempt: 1
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "aborted""
    `);
  });

  test('left in the middle of its stream', async () => {
    const { openai, picture } = bench({});
    for await (const _chunk of await openai.chat.completions.create({ ...HI, stream: true, n: 2 })) break;
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        gen_ai.request.choice.count: 2
        gen_ai.request.stream: true
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        gen_ai.response.id: <string>
        gen_ai.response.model: "gpt-4o-mini"
        openai.response.service_tier: "default"
        openai.response.system_fingerprint: <string>
        gen_ai.response.finish_reasons: ["error","error"]
        interpose.usage.estimated.input_tokens: 22
        interpose.usage.estimated.output_tokens: 0
        interpose.outcome: "aborted"
        interpose.attempts: 1
        interpose.source: "provider"
        interpose.request.id: <string>
        INTERNAL attempt 1
          interpose.attempt: 1
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "aborted"
          http.response.status_code: 200
          interpose.request.id: <string>"
    `);
  });

  test('cut in the middle of its stream', async () => {
    const { openai, picture } = bench({}, [{ cut: { afterEvents: 2 } }], [retry()]);
    await expect(openai.chat.completions.create({ ...HI, stream: true }).then(read)).rejects.toThrow(
      'broke off',
    );
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini ERROR network (UND_ERR_SOCKET)
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        gen_ai.request.stream: true
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        gen_ai.response.id: <string>
        gen_ai.response.model: "gpt-4o-mini"
        openai.response.service_tier: "default"
        openai.response.system_fingerprint: <string>
        gen_ai.response.finish_reasons: ["error"]
        interpose.usage.estimated.input_tokens: 21
        interpose.usage.estimated.output_tokens: 1
        interpose.outcome: "failed"
        interpose.attempts: 1
        interpose.source: "provider"
        interpose.request.id: <string>
        gen_ai.response.time_to_first_chunk: <number>
        error.type: "network"
        interpose.failure.code: "UND_ERR_SOCKET"
        http.response.status_code: 200
        INTERNAL attempt 1 ERROR network (UND_ERR_SOCKET)
          interpose.attempt: 1
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "failed"
          http.response.status_code: 200
          interpose.request.id: <string>
          error.type: "network"
          interpose.failure.code: "UND_ERR_SOCKET""
    `);
  });

  test('of embeddings', async () => {
    const { openai, picture } = bench({});
    await openai.embeddings.create({
      model: 'text-embedding-3-small',
      input: ['a', 'b'],
      dimensions: 8,
      encoding_format: 'float',
    });
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT embeddings text-embedding-3-small
        gen_ai.operation.name: "embeddings"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "text-embedding-3-small"
        server.address: "fake-provider.test"
        server.port: 80
        gen_ai.request.encoding_formats: ["float"]
        gen_ai.embeddings.dimension.count: 8
        interpose.call.id: <string>
        gen_ai.response.model: "text-embedding-3-small"
        gen_ai.usage.input_tokens: 2
        interpose.outcome: "completed"
        interpose.attempts: 1
        interpose.source: "provider"
        interpose.request.id: <string>
        INTERNAL attempt 1
          interpose.attempt: 1
          interpose.model: "text-embedding-3-small"
          server.address: "fake-provider.test"
          interpose.outcome: "completed"
          http.response.status_code: 200
          interpose.request.id: <string>"
    `);
  });

  test('of responses, with tool calls and reasoning', async () => {
    const { openai, picture } = bench({}, [
      { reasoning: 'I look it up', toolCalls: [{ name: 'weather', arguments: { city: 'Bern' } }] },
    ]);
    await read(
      await openai.responses.create({
        model: 'gpt-5',
        input: 'What is the weather?',
        reasoning: { effort: 'low' },
        text: { format: { type: 'json_object' } },
        conversation: 'conv_1',
        service_tier: 'flex',
        stream: true,
      }),
    );
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-5
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-5"
        server.address: "fake-provider.test"
        server.port: 80
        gen_ai.request.stream: true
        gen_ai.request.reasoning.level: "low"
        gen_ai.output.type: "json"
        gen_ai.conversation.id: "conv_1"
        openai.api.type: "responses"
        openai.request.service_tier: "flex"
        interpose.call.id: <string>
        gen_ai.response.id: <string>
        gen_ai.response.model: "gpt-5"
        openai.response.service_tier: "flex"
        gen_ai.response.finish_reasons: ["tool_calls"]
        gen_ai.usage.input_tokens: 44
        gen_ai.usage.output_tokens: 13
        gen_ai.usage.cache_read.input_tokens: 0
        gen_ai.usage.reasoning.output_tokens: 4
        gen_ai.usage.cache_write.input_tokens: 0
        interpose.outcome: "completed"
        interpose.attempts: 1
        interpose.source: "provider"
        interpose.request.id: <string>
        gen_ai.response.time_to_first_chunk: <number>
        INTERNAL attempt 1
          interpose.attempt: 1
          interpose.model: "gpt-5"
          server.address: "fake-provider.test"
          interpose.outcome: "completed"
          http.response.status_code: 200
          interpose.request.id: <string>"
    `);
  });

  test('answered by a fallback', async () => {
    const { openai, picture } = bench({}, [{ status: 400 }], [falling]);
    await openai.chat.completions.create(HI);
    expect(await picture()).toMatchInlineSnapshot(`
      "CLIENT chat gpt-4o-mini
        gen_ai.operation.name: "chat"
        gen_ai.provider.name: "openai"
        gen_ai.request.model: "gpt-4o-mini"
        server.address: "fake-provider.test"
        server.port: 80
        openai.api.type: "chat_completions"
        interpose.call.id: <string>
        gen_ai.response.id: <string>
        gen_ai.response.model: "gpt-4o"
        openai.response.service_tier: "default"
        openai.response.system_fingerprint: <string>
        gen_ai.response.finish_reasons: ["stop"]
        gen_ai.usage.input_tokens: 1
        gen_ai.usage.output_tokens: 4
        gen_ai.usage.cache_read.input_tokens: 0
        gen_ai.usage.reasoning.output_tokens: 0
        interpose.outcome: "completed"
        interpose.attempts: 2
        interpose.source: "provider"
        interpose.request.id: <string>
        INTERNAL attempt 1 ERROR 400 invalid_request
          interpose.attempt: 1
          interpose.model: "gpt-4o-mini"
          server.address: "fake-provider.test"
          interpose.outcome: "failed"
          http.response.status_code: 400
          interpose.request.id: <string>
          error.type: "invalid_request"
        INTERNAL attempt 2
          interpose.attempt: 2
          interpose.model: "gpt-4o"
          server.address: "fake-provider.test"
          interpose.detour.kind: "fallback"
          interpose.detour.target: "gpt-4o"
          interpose.outcome: "completed"
          http.response.status_code: 200
          interpose.request.id: <string>
          -> attempt 1 {"interpose.detour.kind":"fallback"}"
    `);
  });

  test('answered by a fallback that was retried: only its first attempt took over', async () => {
    const script = [{ status: 400 }, { status: 503, headers: { 'retry-after-ms': '1' } }];
    const { openai, picture } = bench({}, script, [falling, retry()]);
    await openai.chat.completions.create(HI);
    const links = (await picture()).match(/attempt \d|->.*/g);
    expect(links).toEqual([
      'attempt 1',
      'attempt 2',
      '-> attempt 1 {"interpose.detour.kind":"fallback"}',
      'attempt 3',
    ]);
  });
});
