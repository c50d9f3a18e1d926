import {
  InterposeError,
  Reply,
  contextKey,
  deadline,
  detour,
  type Detour,
  type Interceptor,
} from '@interpose/core';
import { overloaded } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { InvalidOutputError, maxLength, type ValidateOptions } from './index.ts';
import { HI, PERSON, format, messagesOf, stage } from './validate.test-support.ts';

const ANN = '{"name":"Ann","age":3}';
const BAD = '{"name":"Ann","age":"three"}';
const PARAMS = { ...HI, response_format: format(PERSON) };

test('each attempt is one on the event channel, and what all used adds up in the outcome', async () => {
  await using scene = stage({ repair: 2 }, [{ text: BAD }, { text: '{"name":1}' }, { text: ANN }]);
  const { text, header } = await scene.ask(PARAMS);
  await turn();
  expect([text, header]).toEqual([ANN, 'asked-again']);
  expect(scene.lines).toEqual([
    'start',
    'attempt 1',
    'attempt-end 1 completed',
    'evaluation shape fail (/age must be integer)',
    'attempt-failed 1 invalid_output retrying',
    'attempt 2',
    'attempt-end 2 completed',
    'evaluation shape fail (the whole must have the property "age")',
    'attempt-failed 2 invalid_output retrying',
    'attempt 3',
    'attempt-end 3 completed',
    'evaluation shape pass',
    'settle completed',
  ]);
  const { inputTokens, outputTokens } = scene.provider.ledger.totals();
  expect(scene.outcomes).toEqual([
    expect.objectContaining({
      status: 'completed',
      usage: expect.objectContaining({ inputTokens, outputTokens, source: 'reported' }),
    }),
  ]);
  expect(scene.provider.requests.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual([
    undefined,
    '1',
    '2',
  ]);
});

test('what a stream used that was held back adds up as well', async () => {
  await using scene = stage({ deliver: 'when-valid', early: false }, [{ text: BAD }, { text: ANN }]);
  await scene.ask({ ...PARAMS, stream: true, stream_options: { include_usage: true } });
  await turn();
  const { inputTokens, outputTokens } = scene.provider.ledger.totals();
  expect(scene.outcomes[0]?.usage).toMatchObject({ inputTokens, outputTokens, source: 'reported' });
});

test('the whole conversation is told what was wrong, answer by answer', async () => {
  await using scene = stage({ repair: 2 }, [{ text: BAD }, { text: 'Sorry: Ann, 3.' }, { text: ANN }]);
  await scene.ask(PARAMS);
  const messages = messagesOf(scene, 2);
  expect(messages.map(({ role, content }) => `${role}: ${content}`)).toEqual([
    'user: Who?',
    `assistant: ${BAD}`,
    'user: This answer does not keep what was asked for:\n- /age of the answer must be integer\nAnswer again, with the whole of the corrected JSON and nothing else.',
    'assistant: Sorry: Ann, 3.',
    'user: This answer does not keep what was asked for:\n- the answer must be JSON\nAnswer again, with the whole of the corrected JSON and nothing else.',
  ]);
});

describe('the error', () => {
  test('says what is wrong, how often it was tried and what that used, with scrubbed excerpts', async () => {
    await using scene = stage({}, [{ text: BAD }, { text: '{"name":"Ann","age":"secret"}' }]);
    const { error } = await scene.ask(PARAMS);
    expect(error).toBeInstanceOf(InvalidOutputError);
    expect(error).toBeInstanceOf(InterposeError);
    const { message, code, status, violations, attempts, notRepaired, stoppedEarly, failure, usage } =
      error as InvalidOutputError;
    expect({ message, code, status, violations, attempts, notRepaired, stoppedEarly }).toEqual({
      message: 'The answer is not valid after 2 attempts: /age of the answer must be integer',
      code: 'invalid_output',
      status: 422,
      violations: [{ rule: 'schema', path: '/age', expected: 'must be integer', excerpt: '"***"' }],
      attempts: 2,
      notRepaired: 'attempts',
      stoppedEarly: false,
    });
    expect([failure.kind, failure.transient]).toEqual(['invalid_output', false]);
    expect(usage?.totalTokens).toBe(
      scene.provider.ledger.entries.reduce(
        (sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens,
        0,
      ),
    );
  });

  test('shows no more of an answer than a little', async () => {
    await using scene = stage({ repair: 0 }, [
      { text: JSON.stringify({ name: 'x'.repeat(5000).split(''), age: 1 }) },
    ]);
    const { error } = await scene.ask(PARAMS);
    expect(error?.violations[0]?.excerpt).toHaveLength(80);
    expect(JSON.stringify(error).length).toBeLessThan(1000);
  });

  test('names no key of an answer that is a secret', async () => {
    const prices = { type: 'object', additionalProperties: { type: 'number' } };
    await using scene = stage({ repair: 0 }, [{ text: '{"secret":"free"}' }]);
    const { error } = await scene.ask({ ...HI, response_format: format(prices) });
    expect([error?.message, error?.violations[0]?.path]).toEqual([
      'The answer is not valid: /*** of the answer must be number',
      '/***',
    ]);
    expect(scene.lines).toContain('evaluation shape fail (/*** must be number)');
  });

  test('has for its cause why it could not be asked again', async () => {
    const limited = new InterposeError('no money left', { code: 'budget_exceeded' });
    const refusing: Interceptor = (next) => (call) => {
      if (call.attempt > 1) throw limited;
      return next(call);
    };
    await using broke = stage({}, [{ text: BAD }], { beneath: [refusing] });
    const refused = (await broke.ask(PARAMS)).error;
    expect([refused?.notRepaired, refused?.cause, refused?.attempts]).toEqual(['failed', limited, 1]);
    await using down = stage({}, [{ text: BAD }, overloaded()]);
    const failed = (await down.ask(PARAMS)).error;
    expect([failed?.notRepaired, String(failed?.cause), failed?.message]).toEqual([
      'failed',
      'Failure: 503 overloaded (server_overloaded)',
      'The answer is not valid: /age of the answer must be integer; asking again failed',
    ]);
  });
});

test('nothing is asked again when the time is over', async () => {
  const bounded: Interceptor = (next) => (call) =>
    next(call.with({ context: [[deadline, call.runtime.clock.monotonic() + 1000]] }));
  const slow: Interceptor = (next) => async (call) => {
    const reply = await next(call);
    await scene.clock.advance('1s');
    return reply;
  };
  await using scene = stage({}, [{ text: BAD }, { text: ANN }], { around: [bounded], beneath: [slow] });
  const { error } = await scene.ask(PARAMS);
  expect([error?.notRepaired, scene.provider.requests.length]).toEqual(['deadline', 1]);
});

test('another question goes under another idempotency key', async () => {
  await using scene = stage({}, [{ text: BAD }, { text: ANN }]);
  await scene.ask(PARAMS, { headers: { 'idempotency-key': 'mine' } });
  expect(scene.provider.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([
    'mine',
    'mine-2',
  ]);
});

test('what the caller put on the call is on each attempt', async () => {
  const key = contextKey(0);
  const seen: unknown[] = [];
  const mark: Interceptor = (next) => (call) =>
    next(call.with({ context: [[key, 7]], tags: { tenant: 'acme' } }));
  const look: Interceptor = (next) => (call) => {
    seen.push([call.id, call.get(key), call.tags['tenant'], call.attempt]);
    return next(call);
  };
  await using scene = stage({}, [{ text: BAD }, { text: ANN }], { around: [mark], beneath: [look] });
  await scene.ask(PARAMS);
  const [first] = seen as [[string]];
  expect(seen).toEqual([1, 2].map((attempt) => [first[0], 7, 'acme', attempt]));
});

test('an abort while it is asked again is an abort', async () => {
  const controller = new AbortController();
  const leaving: Interceptor = (next) => (call) => {
    if (call.attempt > 1) controller.abort(new Error('enough'));
    return next(call);
  };
  await using scene = stage({}, [{ text: BAD }, { text: ANN }], { beneath: [leaving] });
  const { thrown, error } = await scene.ask(PARAMS, { signal: controller.signal });
  expect([(thrown as Error).message, error, scene.provider.requests.length]).toEqual([
    'enough',
    undefined,
    1,
  ]);
});

test('an answer of a cache further in is judged, and asked for again past it', async () => {
  let asked = 0;
  const cache: Interceptor = (next) => (call) => {
    if (asked++ > 0) return next(call);
    const choices = [{ index: 0, message: { content: BAD }, finish_reason: 'stop' }];
    return Promise.resolve(new Reply(call, Response.json({ choices }), { source: 'cache' }));
  };
  await using scene = stage({}, [{ text: ANN }], { beneath: [cache] });
  expect((await scene.ask(PARAMS)).text).toBe(ANN);
});

test('a hundred calls at once are repaired each by itself', async () => {
  await using scene = stage({}, []);
  scene.provider.always(({ body }) => {
    const { messages } = body as { messages: { content: string }[] };
    const name = messages[0]?.content ?? '';
    return { text: JSON.stringify({ name, age: messages.length === 1 ? 'unknown' : 1 }) };
  });
  const names = Array.from({ length: 100 }, (_, number) => `N${number}`);
  const answers = await Promise.all(
    names.map((content) => scene.ask({ ...PARAMS, messages: [{ role: 'user', content }] })),
  );
  expect(answers.map(({ text }) => text)).toEqual(names.map((name) => JSON.stringify({ name, age: 1 })));
});

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

test('the length that the provider told is not that of an answer that is handed on in another reply', async () => {
  const lengths: (string | null)[] = [];
  const told: Interceptor = (next) => async (call) =>
    (await next(call)).setHeader('content-length', '9').setHeader('x-kept', 'yes');
  const look: Interceptor = (next) => async (call) => {
    const reply = await next(call);
    lengths.push(reply.headers.get('content-length'), reply.headers.get('x-kept'));
    return reply;
  };
  await using plain = stage({}, [{ text: BAD }, { text: ANN }], { around: [look], beneath: [told] });
  await plain.ask(PARAMS);
  await using held = stage({ deliver: 'when-valid' }, [{ text: ANN }], {
    around: [look],
    beneath: [told],
  });
  await held.ask({ ...PARAMS, stream: true });
  expect(lengths).toEqual([null, 'yes', null, 'yes']);
});

test('an answer without anything is not quoted', async () => {
  await using scene = stage({}, [{ text: '' }, { text: ANN }]);
  expect((await scene.ask(PARAMS)).text).toBe(ANN);
  expect(messagesOf(scene, 1).map(({ role, content }) => `${role}: ${content}`)).toEqual([
    'user: Who?',
    'user: This answer does not keep what was asked for:\n- the answer must be there\nAnswer again, with the whole of the corrected JSON and nothing else.',
  ]);
});

test('who answered in the end is known further out, also of a reply that was held back or asked for again', async () => {
  const elsewhere: Detour = { kind: 'fallback', target: 'another' };
  const seen: unknown[] = [];
  const look: Interceptor = (next) => async (call) => {
    const reply = await next(call);
    seen.push([reply.call.get(detour), reply.call.attempt]);
    return reply;
  };
  const beneath: Interceptor = (next) => (call) => next(call.with({ context: [[detour, elsewhere]] }));
  const ways: readonly (readonly [ValidateOptions, readonly string[], boolean, number])[] = [
    [{}, [ANN], false, 1],
    [{}, [BAD, ANN], false, 2],
    [{}, [ANN], true, 1],
    [{ checks: [maxLength(99)] }, [ANN], true, 1],
    [{ deliver: 'when-valid' }, [BAD, ANN], true, 2],
  ];
  for (const [options, texts, stream] of ways) {
    const script = texts.map((text) => ({ text }));
    await using scene = stage(options, script, { around: [look], beneath: [beneath] });
    expect((await scene.ask({ ...PARAMS, stream })).text).toBe(ANN);
  }
  expect(seen).toEqual(ways.map(([, , , attempt]) => [elsewhere, attempt]));
});
