import { tagHeaders } from '@interpose/core';
import { describe, expect, test } from 'vitest';
import { answer, events, shown, told } from '../cache.test-support.ts';
import { semanticCache } from './index.ts';
import { semanticStack } from './semantic.test-support.ts';

const FIRST = 'How do I cancel my order?';
const SIMILAR = 'How can I cancel an order?';
const FARTHER = 'cancel order how';
const FARTHEST = 'I want to cancel';

test('answers a question with what a similar one was answered, and says so', async () => {
  const { ask, clock, calls, log } = semanticStack([answer('so')]);
  expect(await told(ask(FIRST))).toBe('200 miss: so');
  await clock.advance(2500);
  expect(await told(ask(SIMILAR))).toBe('200 semantic 2: so');
  expect(calls).toHaveLength(1);
  expect(log).toEqual([
    'start',
    'attempt 1',
    'semantic-cache.lookup {"state":"miss"}',
    'attempt 1',
    'settle completed',
    'semantic-cache.store {"bytes":336}',
    'start',
    'attempt 1',
    'hit cache',
    'semantic-cache.lookup {"state":"hit","similarity":0.997564,"ageMs":2500}',
    'settle completed from cache',
  ]);
});

test('asks the provider what is not similar enough', async () => {
  const { ask, calls, log } = semanticStack([answer('one'), answer('two')]);
  await told(ask(FIRST));
  expect(await told(ask('What is the weather?'))).toBe('200 miss: two');
  expect([calls.length, log.filter((line) => line.includes('hit'))]).toEqual([2, []]);
});

test('does not keep what it answered: similar to similar is not similar', async () => {
  const { ask, calls } = semanticStack([answer('one'), answer('two')], { threshold: 0.985 });
  expect(await told(ask(FIRST))).toBe('200 miss: one');
  expect(await told(ask(FARTHER))).toBe('200 semantic 0: one');
  // Near to the second question, which was not asked of the provider, and not near enough to the first.
  expect(await told(ask(FARTHEST))).toBe('200 miss: two');
  expect(calls).toHaveLength(2);
});

test('the nearest answers', async () => {
  const { ask } = semanticStack([answer('one'), answer('two')], { threshold: 0.99 });
  await told(ask(FIRST));
  await told(ask(FARTHEST));
  expect(await told(ask(SIMILAR))).toBe('200 semantic 0: one');
  expect(await told(ask(FARTHER))).toBe('200 semantic 0: two');
});

test('one answer serves plain and streamed requests, with usage for those that asked for it', async () => {
  const { ask, calls } = semanticStack([{ events: events('so it is') }]);
  expect(await told(ask(FIRST, { stream: true }))).toBe('200 miss: so it is [DONE]');
  expect(await told(ask(SIMILAR, { stream: true, stream_options: { include_usage: true } }))).toBe(
    '200 semantic 0: so it is (usage) [DONE]',
  );
  expect(await told(ask(SIMILAR, { stream: true }))).toBe('200 semantic 0: so it is [DONE]');
  expect(JSON.parse((await shown(ask(SIMILAR))).raw)).toEqual(answer('so it is'));
  expect(calls).toHaveLength(1);
  const plain = semanticStack([answer('so')]);
  await told(plain.ask(FIRST));
  expect(await told(plain.ask(SIMILAR, { stream: true }))).toBe('200 semantic 0: so [DONE]');
});

test('a stream is handed on as it comes', async () => {
  let pulled = 0;
  async function* slow(): AsyncGenerator<object> {
    for (const event of events('a b')) {
      pulled++;
      yield event;
    }
  }
  const { ask } = semanticStack([{ events: slow() }]);
  const reader = (await ask(FIRST, { stream: true })).body?.getReader();
  await reader?.read();
  expect(pulled).toBeLessThan(events('a b').length);
  await reader?.cancel();
});

describe('is not given again', () => {
  test.each([
    ['cut off at its limit', answer('so', 'length'), 'finish_reason'],
    ['an error', { status: 400, body: { error: { code: 'bad' } } }, undefined],
    ['a stream that broke off', { events: events('so').slice(0, 1), done: false }, 'not_whole'],
    ['a stream without its last word', { events: events('so'), done: false }, 'not_whole'],
    ['too large to be kept', answer('x'.repeat(3000)), 'too_large'],
    ['a stream that is too large to be kept', { events: events('x '.repeat(3000)) }, 'too_large'],
  ])('what is %s', async (_, first, reason) => {
    const { ask, log } = semanticStack([first, answer('two')], { maxEntryBytes: 2000 });
    const stream = 'events' in first;
    await (await ask(FIRST, { stream })).text().catch(() => {});
    expect(await told(ask(SIMILAR))).toBe('200 miss: two');
    const skips = log.filter((line) => line.startsWith('semantic-cache.skip'));
    expect(skips).toEqual(reason ? [`semantic-cache.skip {"reason":"${reason}"}`] : []);
  });

  test('what nobody read to its end', async () => {
    const { ask } = semanticStack([{ events: events('so it is') }, answer('two')]);
    const body = (await ask(FIRST, { stream: true })).body?.getReader();
    await body?.read();
    await body?.cancel();
    expect(await told(ask(SIMILAR))).toBe('200 miss: two');
  });

  test('what has expired', async () => {
    const { ask, clock } = semanticStack([answer('one'), answer('two')], { ttl: '1m' });
    await told(ask(FIRST));
    await clock.advance(59_999);
    expect(await told(ask(SIMILAR))).toBe('200 semantic 59: one');
    await clock.advance(1);
    expect(await told(ask(SIMILAR))).toBe('200 miss: two');
  });
});

describe('a call may ask', () => {
  const tagged = (cache: string): { headers: Record<string, string> } => ({ headers: tagHeaders({ cache }) });

  test('not to be answered or kept, and then costs no embedding', async () => {
    const { ask, embedded } = semanticStack([answer('one'), answer('two'), answer('three')]);
    expect(await told(ask(FIRST, {}, tagged('bypass')))).toBe('200 none: one');
    expect(embedded).toHaveLength(0);
    await told(ask(FIRST));
    expect(await told(ask(FIRST, {}, tagged('bypass')))).toBe('200 none: three');
  });

  test('not to be kept', async () => {
    const { ask } = semanticStack([answer('one'), answer('two')]);
    expect(await told(ask(FIRST, {}, tagged('no-store')))).toBe('200 none: one');
    expect(await told(ask(SIMILAR))).toBe('200 miss: two');
    expect(await told(ask(FIRST, {}, tagged('no-store')))).toBe('200 semantic 0: two');
  });

  test('for a new answer, which takes the place of the one to the very same question', async () => {
    const { ask } = semanticStack([answer('one'), answer('two')]);
    await told(ask(FIRST));
    expect(await told(ask(FIRST, {}, tagged('refresh')))).toBe('200 miss: two');
    expect(await told(ask(FIRST))).toBe('200 semantic 0: two');
  });

  test('for a time of its own', async () => {
    const { ask, clock } = semanticStack([answer('one'), answer('two')]);
    await told(ask(FIRST, {}, { headers: tagHeaders({ 'cache-ttl': '10s' }) }));
    await clock.advance('10s');
    expect(await told(ask(SIMILAR))).toBe('200 miss: two');
  });
});

test.each([
  [{}, 'semanticCache: threshold must be a number above 0 and up to 1, got undefined'],
  [{ threshold: 0 }, 'semanticCache: threshold must be a number above 0 and up to 1, got 0'],
  [{ threshold: 1.1 }, 'semanticCache: threshold must be a number above 0 and up to 1, got 1.1'],
  [{ threshold: 0.9, ttl: 0 }, 'semanticCache: ttl must be longer than 0, got 0'],
  [{ threshold: 0.9, embed: 'x' }, 'semanticCache: embed must be a function, got "x"'],
  [{ threshold: 0.9, embedTimeout: 0 }, 'semanticCache: embedTimeout must be longer than 0, got 0'],
  [{ threshold: 0.9, maxCharacters: 0 }, 'semanticCache: maxCharacters must be an integer >= 1, got 0'],
  [{ threshold: 0.9, pace: 'instant' }, /semanticCache: unknown option pace; known are ttl, when, /],
])('a wrong option is told at once: %j', (options, message) => {
  expect(() => semanticCache(options as never)).toThrow(message);
});

test('describes itself', () => {
  const verify = (): boolean => true;
  expect(semanticCache({ threshold: 0.9, verify, dimensions: 256 }).describe?.()).toEqual({
    threshold: 0.9,
    embed: 'the provider',
    model: 'text-embedding-3-small',
    dimensions: 256,
    embedTimeout: '1s',
    verify: 'custom',
    verifyTimeout: '1s',
    maxCharacters: 1000,
    ttl: '1h',
    when: 'deterministic',
    partition: 'tenant, where there are any',
    perCredential: true,
    index: 'default',
    store: 'default',
    storeTimeout: '50ms',
    maxEntryBytes: 4194304,
    encryption: 'none',
  });
});
