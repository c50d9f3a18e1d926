import { expect, test, vi } from 'vitest';
import { answer, events, shown, stackOf, told } from './cache.test-support.ts';

test('answers what was asked before without the provider, and says so', async () => {
  const { ask, clock, handler, log } = stackOf([answer()]);
  expect(await told(ask())).toBe('200 miss: hello back');
  await clock.advance(2500);
  expect(await told(ask())).toBe('200 hit 2: hello back');
  expect(handler.calls).toHaveLength(1);
  expect(log).toEqual([
    'start',
    'attempt 1',
    'cache.store {"bytes":344}',
    'cache.lookup {"state":"miss"}',
    'settle completed',
    'start',
    'hit cache',
    'cache.lookup {"state":"hit","ageMs":2500}',
    'settle completed from cache',
  ]);
});

test('what is asked again in the same words need not be parsed', async () => {
  const { ask } = stackOf([answer()]);
  await told(ask());
  const parse = vi.spyOn(JSON, 'parse');
  try {
    expect(await told(ask())).toBe('200 hit 0: hello back');
    const requests = parse.mock.calls.filter(([text]) => text.includes('"messages"'));
    expect(requests).toEqual([]);
  } finally {
    parse.mockRestore();
  }
});

test('keeps the body, the ids and the usage as they came', async () => {
  const headers = { 'x-request-id': 'req_1', 'x-ratelimit-remaining-requests': '3', 'set-cookie': 'a=b' };
  const { ask } = stackOf([{ status: 200, headers, body: answer() }]);
  const first = await shown(ask());
  const again = await shown(ask());
  expect(again.raw).toBe(first.raw);
  expect(Object.fromEntries(again.headers)).toEqual({
    'x-request-id': 'req_1',
    'x-interpose-cache': 'hit',
    'content-type': 'application/json',
    age: '0',
  });
});

test('a stream is kept, and replayed event by event as the provider sent it', async () => {
  const { ask, handler } = stackOf([{ events: events() }]);
  const asked = { stream: true, stream_options: { include_usage: true } };
  const first = await shown(ask(asked));
  const again = await shown(ask(asked));
  expect(first.text).toBe('hello back (usage) [DONE]');
  expect(again.raw).toBe(first.raw);
  expect(handler.calls).toHaveLength(1);
});

test('a stream that asked for no usage gets none, and leaves it to one that does', async () => {
  const { ask, handler } = stackOf([{ events: events() }]);
  expect(await told(ask({ stream: true }))).toBe('200 miss: hello back [DONE]');
  expect(await told(ask({ stream: true, stream_options: { include_usage: true } }))).toBe(
    '200 hit 0: hello back (usage) [DONE]',
  );
  expect(await told(ask({ stream: true }))).toBe('200 hit 0: hello back [DONE]');
  expect(handler.calls).toHaveLength(1);
});

test('one entry serves plain and streamed requests', async () => {
  const plain = stackOf([answer()]);
  expect(await told(plain.ask())).toBe('200 miss: hello back');
  expect(await told(plain.ask({ stream: true }))).toBe('200 hit 0: hello back [DONE]');
  const streamed = stackOf([{ events: events() }]);
  expect(await told(streamed.ask({ stream: true }))).toBe('200 miss: hello back [DONE]');
  const { raw } = await shown(streamed.ask());
  expect(JSON.parse(raw)).toEqual(answer());
});

test('an answer is asked for again when its time is over', async () => {
  const { ask, clock } = stackOf([answer('one'), answer('two')], { ttl: '1m' });
  expect(await told(ask())).toBe('200 miss: one');
  await clock.advance(59_999);
  expect(await told(ask())).toBe('200 hit 59: one');
  await clock.advance(1);
  expect(await told(ask())).toBe('200 miss: two');
});
