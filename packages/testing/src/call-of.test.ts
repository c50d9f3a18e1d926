import { chat, Events, operations, systemClock } from '@interpose/core';
import { expect, test } from 'vitest';
import { callOf } from './call-of.ts';
import { fakeClock } from './fake-clock.ts';

test('is a plain chat call unless told otherwise', () => {
  const call = callOf();
  expect([call.id, call.operation.name, call.model, call.attempt, call.streamed, call.tags]).toEqual([
    'call_1',
    'chat',
    'gpt-4o-mini',
    1,
    false,
    {},
  ]);
  expect(call.params).toEqual({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] });
  expect(call.runtime.clock).toBe(systemClock);
});

test('takes what it is told', () => {
  const clock = fakeClock();
  const { signal } = new AbortController();
  const events = new Events(() => 0, console);
  const call = callOf({
    operation: chat,
    params: { stream: true, model: undefined },
    headers: { 'x-a': 'b' },
    tags: { tenant: 't' },
    signal,
    id: 'call_9',
    attempt: 2,
    clock,
    events,
    failOn: ['truncated'],
  });
  expect([call.signal, call.id, call.attempt, call.runtime.clock, call.runtime.events]).toEqual([
    signal,
    'call_9',
    2,
    clock,
    events,
  ]);
  expect([call.streamed, call.model, call.tags.tenant, call.headers.get('x-a')]).toEqual([
    true,
    undefined,
    't',
    'b',
  ]);
  expect([...call.runtime.failOn]).toEqual(['truncated']);
});

test('knows every operation, by a URL that is of it', () => {
  for (const { name } of operations) {
    const call = callOf({ operation: name });
    expect(call.operation.matches(call.method, new URL(call.url).pathname)).toBe(true);
    expect(call.model).toBeTypeOf('string');
  }
});

test('says which operations there are', () => {
  expect(() => callOf({ operation: 'chta' })).toThrow(
    /^callOf: operation must be one of chat, .*, got 'chta'$/,
  );
});
