import {
  InterposeError,
  PRICES,
  balance,
  detour,
  provide,
  redacted,
  type Interceptor,
  type Prices,
} from '@interpose/core';
import { tags } from '@interpose/openai';
import { retry } from '@interpose/retry';
import { expect, test } from 'vitest';
import { bench, read } from './trace.test-support.ts';

const HI = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hi' }] };

/** A nano-USD for each token in, two for each token out; of one model. */
const prices: Prices = {
  price: (model, usage) => (model === 'gpt-4o-mini' ? usage.inputTokens + 2 * usage.outputTokens : null),
};

test('what a plain call, a stream, embeddings, a retry, a failure and a refusal are measured as', async () => {
  const limiting: Interceptor = (next) => async (call) => {
    const reply = await next(call);
    const left = { limit: 'endpoint search', unit: 'usd', remaining: 4.5 };
    call.runtime.events.emit(balance, 'limiting', call, left);
    return reply;
  };
  const script = [{}, {}, {}, { status: 503 }, {}, { status: 401 }];
  const { openai, metrics } = bench({}, script, [retry(), limiting]);
  await openai.chat.completions.create(HI, tags({ endpoint: 'search', user: 'u-1' }));
  await read(await openai.chat.completions.create({ ...HI, stream: true }));
  await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'a' });
  await openai.chat.completions.create(HI);
  await expect(openai.chat.completions.create(HI)).rejects.toThrow('401');
  expect((await metrics()).join('\n')).toMatchInlineSnapshot(`
    "gen_ai.client.inference.duration op=chat model=gpt-4o-mini interpose.tag.endpoint=search answered=gpt-4o-mini: 1 times s
    gen_ai.client.inference.duration op=chat model=gpt-4o-mini answered=gpt-4o-mini: 2 times s
    gen_ai.client.inference.duration op=chat model=gpt-4o-mini error.type=authentication: 1 times s
    gen_ai.client.inference.time_to_first_chunk op=chat model=gpt-4o-mini answered=gpt-4o-mini: 1 times s
    gen_ai.client.inference.time_per_output_chunk op=chat model=gpt-4o-mini answered=gpt-4o-mini: 5 times s
    gen_ai.client.inference.operation.input_tokens op=chat model=gpt-4o-mini interpose.tag.endpoint=search answered=gpt-4o-mini: 1 times, 1 in all {token}
    gen_ai.client.inference.operation.input_tokens op=chat model=gpt-4o-mini answered=gpt-4o-mini: 2 times, 2 in all {token}
    gen_ai.client.inference.operation.input_tokens op=embeddings model=text-embedding-3-small answered=text-embedding-3-small: 1 times, 1 in all {token}
    gen_ai.client.inference.operation.output_tokens op=chat model=gpt-4o-mini interpose.tag.endpoint=search answered=gpt-4o-mini: 1 times, 4 in all {token}
    gen_ai.client.inference.operation.output_tokens op=chat model=gpt-4o-mini answered=gpt-4o-mini: 2 times, 8 in all {token}
    gen_ai.client.inference.usage.input_tokens op=chat model=gpt-4o-mini interpose.tag.endpoint=search answered=gpt-4o-mini gen_ai.token.modality=text: 1 {token}
    gen_ai.client.inference.usage.input_tokens op=chat model=gpt-4o-mini answered=gpt-4o-mini gen_ai.token.modality=text: 2 {token}
    gen_ai.client.inference.usage.input_tokens op=embeddings model=text-embedding-3-small answered=text-embedding-3-small gen_ai.token.modality=text: 1 {token}
    gen_ai.client.inference.usage.output_tokens op=chat model=gpt-4o-mini interpose.tag.endpoint=search answered=gpt-4o-mini gen_ai.token.modality=text: 4 {token}
    gen_ai.client.inference.usage.output_tokens op=chat model=gpt-4o-mini answered=gpt-4o-mini gen_ai.token.modality=text: 8 {token}
    gen_ai.client.operation.duration op=embeddings model=text-embedding-3-small answered=text-embedding-3-small: 1 times s
    interpose.attempts op=chat model=gpt-4o-mini interpose.tag.endpoint=search: 1 {attempt}
    interpose.attempts op=chat model=gpt-4o-mini: 2 {attempt}
    interpose.attempts op=embeddings model=text-embedding-3-small: 1 {attempt}
    interpose.attempts op=chat model=gpt-4o-mini error.type=overloaded: 1 {attempt}
    interpose.attempts op=chat model=gpt-4o-mini error.type=authentication: 1 {attempt}
    interpose.retries op=chat model=gpt-4o-mini: 1 {retry}
    interpose.limit.remaining interpose.limit=endpoint search interpose.limit.unit=usd: 4.5"
  `);
});

test('what was found in a call is counted by rule, and not shown', async () => {
  const redacting: Interceptor = (next) => (call) => {
    const { events } = call.runtime;
    const found = { rule: 'email', kind: 'EMAIL', direction: 'request', action: 'mask' } as const;
    events.emit(redacted, 'redacting', call, { ...found, place: 'messages.0.content', count: 2 });
    events.emit(redacted, 'redacting', call, { ...found, place: 'user', count: 1 });
    return next(call);
  };
  const { openai, metrics } = bench({}, [{}], [redacting]);
  await openai.chat.completions.create(HI);
  expect((await metrics()).filter((line) => line.startsWith('interpose.redactions'))).toEqual([
    'interpose.redactions op=chat model=gpt-4o-mini interpose.redaction.rule=email interpose.redaction.direction=request interpose.redaction.action=mask: 3 {match}',
  ]);
});

test('the names of 1.41 alone', async () => {
  const { openai, metrics } = bench({ semconv: '1.41' });
  await openai.chat.completions.create(HI);
  expect((await metrics()).join('\n')).toMatchInlineSnapshot(`
    "gen_ai.client.token.usage op=chat model=gpt-4o-mini answered=gpt-4o-mini gen_ai.token.type=input: 1 times, 1 in all {token}
    gen_ai.client.token.usage op=chat model=gpt-4o-mini answered=gpt-4o-mini gen_ai.token.type=output: 1 times, 4 in all {token}
    gen_ai.client.operation.duration op=chat model=gpt-4o-mini answered=gpt-4o-mini: 1 times s
    interpose.attempts op=chat model=gpt-4o-mini: 1 {attempt}"
  `);
});

test('both names, where both are asked for', async () => {
  const { openai, metrics, picture } = bench({ semconv: 'both' }, [
    { usage: { inputTokens: 10, cacheWriteTokens: 4 } },
  ]);
  await openai.responses.create({ model: 'gpt-5', input: 'hi' });
  const names = (await metrics()).map((line) => line.split(' ')[0]);
  expect(names).toEqual(
    expect.arrayContaining([
      'gen_ai.client.inference.duration',
      'gen_ai.client.operation.duration',
      'gen_ai.client.token.usage',
      'gen_ai.client.inference.usage.input_tokens',
    ]),
  );
  expect(await picture()).toMatch(/cache_write.input_tokens: 4\n.*cache_creation.input_tokens: 4/);
});

test('no usage is not zero usage', async () => {
  const { openai, metrics } = bench({}, [{ body: { id: 'c', object: 'chat.completion', choices: [] } }]);
  await openai.chat.completions.create(HI);
  expect((await metrics()).join('\n')).not.toContain('token');
});

test('cost is that of all attempts, and is not told where a price is not known', async () => {
  const known = bench({}, [{}, { text: 'a', cut: { afterEvents: 3 } }], [retry(), provide(PRICES, prices)]);
  await known.openai.chat.completions.create(HI);
  expect(await known.picture()).toContain('interpose.cost.usd: 9e-9');
  expect(await known.metrics()).toContainEqual(expect.stringMatching(/^interpose.cost .*: 9e-9 USD$/));

  const unknown = bench({}, [], [provide(PRICES, prices)]);
  await unknown.openai.chat.completions.create({ ...HI, model: 'gpt-unheard-of' });
  expect(await unknown.picture()).not.toContain('cost');
  expect((await unknown.metrics()).join()).not.toContain('cost');

  const none = bench({});
  await none.openai.chat.completions.create(HI);
  expect(await none.picture()).not.toContain('cost');
});

test('the time between chunks is measured for streams alone', async () => {
  const { openai, metrics } = bench({});
  let chunks = 0;
  const stream = await openai.chat.completions.create({ ...HI, stream: true });
  for await (const _chunk of stream) chunks++;
  // The chunk that came for the usage alone is none of them.
  expect(await metrics()).toContainEqual(
    expect.stringMatching(new RegExp(`time_per_output_chunk .*: ${chunks - 1} times s$`)),
  );
  expect(await metrics()).toContainEqual(expect.stringMatching(/time_to_first_chunk .*: 1 times s$/));
});

test('a sum in which one price is not known is none', async () => {
  const both: Interceptor = (next) => async (call) => {
    await (await next(call)).json();
    return next(call.with({ params: { ...call.params, model: 'gpt-unheard-of' } }));
  };
  const { openai, picture, metrics } = bench({}, [], [both, provide(PRICES, prices)]);
  await openai.chat.completions.create(HI);
  expect(await picture()).not.toContain('cost');
  // What is known of it is counted: there is no other place for it.
  expect(await metrics()).toContainEqual(expect.stringMatching(/^interpose.cost .*: 9e-9 USD$/));
});

test('a refusal is counted by its code', async () => {
  const refusing: Interceptor = () => () =>
    Promise.reject(new InterposeError('no', { code: 'budget_exceeded' }));
  const { openai, metrics } = bench({}, [], [refusing]);
  await expect(openai.chat.completions.create(HI)).rejects.toThrow('no');
  expect(await metrics()).toContainEqual(
    expect.stringMatching(/^interpose.refusals .*interpose.refusal.code=budget_exceeded: 1 \{call\}$/),
  );
});

test('an attempt that is still under way when its call ends, ends with it', async () => {
  const hedging: Interceptor = (next) => (call) => {
    const target = { kind: 'hedge', target: 'second' } as const;
    return Promise.race([next(call), next(call.with({ context: [[detour, target]] }))]);
  };
  const { openai, picture } = bench({}, [{ latency: 60_000 }, {}], [hedging]);
  const controller = new AbortController();
  await openai.chat.completions.create(HI, { signal: controller.signal });
  const lines = (await picture()).match(/attempt \d$|->.*/gm);
  expect(lines?.toSorted()).toEqual([
    '-> attempt 1 {"interpose.detour.kind":"hedge"}',
    'attempt 1',
    'attempt 2',
  ]);
  controller.abort();
});

test('a stream without end does not fill the memory with its times', async () => {
  const chunk = { id: 'c', choices: [{ index: 0, delta: { content: 'a' } }] };
  const { openai, metrics } = bench({}, [{ events: Array.from({ length: 5000 }, () => chunk) }]);
  await read(await openai.chat.completions.create({ ...HI, stream: true }));
  expect(await metrics()).toContainEqual(expect.stringMatching(/time_per_output_chunk .*: 4096 times s$/));
});
