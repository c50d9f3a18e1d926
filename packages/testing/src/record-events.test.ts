import {
  attemptFailed,
  attempted,
  controlLayer,
  eventType,
  Events,
  Failure,
  faulted,
  hit,
  refused,
  started,
  waiting,
} from '@interpose/core';
import { expect, test } from 'vitest';
import { callOf } from './call-of.ts';
import { recordEvents } from './record-events.ts';
import { scripted } from './scripted.ts';

test('writes each event as a line', () => {
  const events = new Events(() => 0, console);
  const call = callOf({ events });
  using recorded = recordEvents(events);
  const failure = new Failure('overloaded', { status: 503 });
  events.emit(started, 'core', call, {});
  events.emit(attempted, 'core', call, { attempt: 1 });
  events.emit(attemptFailed, 'retry', call, { attempt: 1, failure, retrying: true });
  events.emit(waiting, 'retry', call, { ms: 500, reason: 'backoff' });
  events.emit(attemptFailed, 'retry', call, { attempt: 2, failure, retrying: false });
  events.emit(hit, 'cache', call, { source: 'cache' });
  events.emit(refused, 'core', call, { code: 'budget_exceeded' });
  events.emit(faulted, 'log', call, { error: new Error('disk'), open: true });
  events.emit(eventType<{ age: number }>('cache.stale'), 'cache', call, { age: 3 });
  events.emit(eventType('bare'), 'mine', call, undefined);
  expect(recorded.lines).toEqual([
    'start',
    'attempt 1',
    'attempt-failed 1 overloaded retrying',
    'wait 500 backoff',
    'attempt-failed 2 overloaded',
    'hit cache',
    'refusal budget_exceeded',
    'fault log open',
    'cache.stale {"age":3}',
    'bare',
  ]);
});

test('listens to a layer until it is stopped', async () => {
  await using layer = controlLayer([() => scripted([{}, {}])]);
  const recorded = recordEvents(layer);
  const call = async () => {
    const response = await layer.fetch('https://api.openai.com/v1/embeddings', {
      method: 'POST',
      body: '{}',
    });
    await response.text();
  };
  await call();
  recorded.stop();
  await call();
  expect(recorded.lines).toEqual(['start', 'attempt 1', 'settle completed']);
});
