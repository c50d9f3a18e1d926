import { fakeClock } from '@interpose/testing';
import { describe, expect, test, vi } from 'vitest';
import { answer, events, gate, shown, stackOf, told } from './cache.test-support.ts';
import { cache, type CacheOptions } from './index.ts';

const tagged = (tags: Record<string, string>): { headers: Record<string, string> } => ({
  headers: Object.fromEntries(Object.entries(tags).map(([name, value]) => [`x-interpose-${name}`, value])),
});

describe('what one call asks of the cache, by tags', () => {
  test('bypass: as if there were none', async () => {
    const { ask } = stackOf([answer('one'), answer('two'), answer('three')]);
    expect(await told(ask())).toBe('200 miss: one');
    expect(await told(ask({}, tagged({ cache: 'bypass' })))).toBe('200 none: two');
    expect(await told(ask())).toBe('200 hit 0: one');
    expect(await told(ask({ seed: 1 }, tagged({ cache: 'bypass' })))).toBe('200 none: three');
  });

  test('no-store: is answered by it, and leaves nothing in it', async () => {
    const { ask } = stackOf([answer('one'), answer('two')]);
    expect(await told(ask({}, tagged({ cache: 'no-store' })))).toBe('200 miss: one');
    expect(await told(ask())).toBe('200 miss: two');
    expect(await told(ask({}, tagged({ cache: 'no-store' })))).toBe('200 hit 0: two');
  });

  test('refresh: asks anew, and puts that in the place of what was kept', async () => {
    const { ask } = stackOf([answer('one'), answer('two')]);
    expect(await told(ask())).toBe('200 miss: one');
    expect(await told(ask({}, tagged({ cache: 'refresh' })))).toBe('200 miss: two');
    expect(await told(ask())).toBe('200 hit 0: two');
  });

  test('refresh wins over one that was asked before, and ends later', async () => {
    const [first, second] = [gate(), gate()];
    const { ask, handler, log } = stackOf([
      () => first.opened.then(() => answer('old')),
      () => second.opened.then(() => answer('new')),
    ]);
    const old = told(ask());
    await vi.waitFor(() => expect(handler.calls).toHaveLength(1));
    const renewed = told(ask({}, tagged({ cache: 'refresh' })));
    second.open();
    expect(await renewed).toBe('200 miss: new');
    first.open();
    expect(await old).toBe('200 miss: old');
    expect(await told(ask())).toBe('200 hit 0: new');
    expect(log).toContain('cache.skip {"reason":"superseded"}');
  });

  test('cache-ttl: how long its answer is kept', async () => {
    const { ask, clock } = stackOf([answer('one'), answer('two')]);
    await shown(ask({}, tagged({ 'cache-ttl': '2s' })));
    await clock.advance(1999);
    expect(await told(ask())).toBe('200 hit 1: one');
    await clock.advance(1);
    expect(await told(ask())).toBe('200 miss: two');
  });

  test.each([
    [{ cache: 'nostore' }, 'cache: the tag `cache` must be one of bypass, no-store, refresh, got "nostore"'],
    [{ 'cache-ttl': 'soon' }, /^cache: the tag `cache-ttl` must be/],
  ])('a word that means nothing is told: %j', async (tags, message) => {
    const { ask, handler } = stackOf([]);
    const { status, error } = await shown(ask({}, tagged(tags)));
    expect([status, error?.code]).toEqual([500, 'invalid_option']);
    expect(error?.message).toMatch(message);
    expect(handler.calls).toEqual([]);
  });
});

describe('which calls are looked up', () => {
  test('by default those that are deterministic', async () => {
    const { ask, handler } = stackOf([answer('one'), answer('two')]);
    const free = { temperature: 1 };
    expect([await told(ask(free)), await told(ask(free))]).toEqual(['200 none: one', '200 none: two']);
    expect(handler.calls).toHaveLength(2);
  });

  test('all, or those that the application says', async () => {
    const free = { temperature: 1 };
    const all = stackOf([answer()], { when: 'always' });
    expect([await told(all.ask(free)), await told(all.ask(free))]).toEqual([
      '200 miss: hello back',
      '200 hit 0: hello back',
    ]);
    const some = stackOf([answer(), answer(), answer()], { when: ({ call }) => call.tags['keep'] === 'yes' });
    expect(await told(some.ask())).toBe('200 none: hello back');
    expect(await told(some.ask({}, tagged({ keep: 'yes' })))).toBe('200 miss: hello back');
    expect(await told(some.ask({}, tagged({ keep: 'yes' })))).toBe('200 hit 0: hello back');
    // Who decides is asked each time, also for words that it has let through before.
    expect(await told(some.ask())).toBe('200 none: hello back');
  });
});

describe('tenants', () => {
  const of = (tenant: string): ReturnType<typeof tagged> => tagged({ tenant });

  test('see nothing of one another', async () => {
    const { ask } = stackOf([answer('of a'), answer('of b')]);
    expect(await told(ask({}, of('a')))).toBe('200 miss: of a');
    expect(await told(ask({}, of('b')))).toBe('200 miss: of b');
    expect(await told(ask({}, of('a')))).toBe('200 hit 0: of a');
  });

  test('also not while they are in flight', async () => {
    const { ask, handler } = stackOf([{ events: events('of a') }, { events: events('of b') }]);
    const both = [told(ask({ stream: true }, of('a'))), told(ask({ stream: true }, of('b')))];
    expect(await Promise.all(both)).toEqual(['200 miss: of a [DONE]', '200 miss: of b [DONE]']);
    expect(handler.calls).toHaveLength(2);
  });

  test('where there are some, a call without one is refused', async () => {
    const { ask, handler } = stackOf([answer('of all'), answer('of a'), answer('free')]);
    expect(await told(ask())).toBe('200 miss: of all');
    await shown(ask({}, of('a')));
    const { status, error } = await shown(ask());
    expect([status, error?.name, error?.code]).toEqual([400, 'PartitionError', 'cache_partition_missing']);
    expect(await told(ask({}, tagged({ cache: 'bypass' })))).toBe('200 none: free');
    expect(handler.calls).toHaveLength(3);
  });

  test('from the first call on, where the application says so', async () => {
    const { ask } = stackOf([], { partition: 'tenant' });
    expect((await shown(ask())).error?.code).toBe('cache_partition_missing');
  });

  test('or whatever else divides its calls', async () => {
    const { ask } = stackOf([answer('one'), answer('two')], {
      partition: ({ call }) => call.tags.user ?? '',
    });
    expect(await told(ask({}, tagged({ user: 'u1' })))).toBe('200 miss: one');
    expect(await told(ask({}, tagged({ user: 'u2' })))).toBe('200 miss: two');
    expect(await told(ask({}, tagged({ user: 'u2', tenant: 'a' })))).toBe('200 hit 0: two');
  });
});

describe('a stale answer', () => {
  test('is given while it is asked for anew, once', async () => {
    const { ask, clock, handler } = stackOf([answer('one'), answer('two')], {
      ttl: '1m',
      staleWhileRevalidate: '1h',
    });
    await shown(ask());
    await clock.advance(61_000);
    expect([await told(ask()), await told(ask())]).toEqual(['200 stale 61: one', '200 hit 0: two']);
    expect(handler.calls).toHaveLength(2);
  });

  test('is streamed to the end, though nobody reads it', async () => {
    const { ask, clock } = stackOf([{ events: events('one') }, { events: events('two') }], {
      ttl: '1m',
      staleWhileRevalidate: '1h',
    });
    await shown(ask({ stream: true }));
    await clock.advance(61_000);
    expect(await told(ask({ stream: true }))).toBe('200 stale 61: one [DONE]');
    await expect.poll(() => told(ask({ stream: true }))).toBe('200 hit 0: two [DONE]');
  });

  test('stays when the new one fails, until its time is over', async () => {
    const broken = { status: 500, body: { error: { message: 'no', type: 'x', code: 'oops' } } };
    const { ask, clock } = stackOf([answer('one'), broken, broken, answer('two')], {
      ttl: '1m',
      staleWhileRevalidate: '1h',
    });
    await shown(ask());
    await clock.advance(61_000);
    expect(await told(ask())).toBe('200 stale 61: one');
    expect(await told(ask())).toBe('200 stale 61: one');
    await clock.advance(3_600_000);
    expect(await told(ask())).toBe('200 miss: two');
  });

  test('is not renewed for a call whose answer is not kept', async () => {
    const { ask, clock, handler } = stackOf([answer('one')], { ttl: '1m', staleWhileRevalidate: '1h' });
    await shown(ask());
    await clock.advance(61_000);
    expect(await told(ask({}, tagged({ cache: 'no-store' })))).toBe('200 stale 61: one');
    expect(handler.calls).toHaveLength(1);
  });

  test('is not renewed by a layer that is closed', async () => {
    const { ask, clock, handler, layer } = stackOf([answer('one'), () => new Promise<object>(() => {})], {
      ttl: '1m',
      staleWhileRevalidate: '1h',
    });
    await shown(ask());
    await clock.advance(61_000);
    await shown(ask());
    await layer.close();
    expect(handler.calls[1]?.signal.aborted).toBe(true);
  });
});

test('a stream is replayed as it came, where that is wanted', async () => {
  const all = events('one two');
  const clock = fakeClock();
  async function* slowly(): AsyncGenerator<object> {
    for (const event of all) {
      await clock.sleep(100);
      yield event;
    }
  }
  const { ask } = stackOf([{ events: slowly() }], { pace: 'recorded' }, { clock });
  const first = shown(ask({ stream: true }));
  for (let step = 0; step < all.length; step++) await clock.advance(100);
  await first;
  const began = clock.monotonic();
  const again = shown(ask({ stream: true }));
  for (let step = 0; step < all.length; step++) await clock.advance(100);
  expect((await again).text).toBe('one two [DONE]');
  expect(clock.monotonic() - began).toBe(100 * all.length);
});

test('wrong options are told at once', () => {
  const wrong: [CacheOptions, RegExp][] = [
    [{ ttl: 0 }, /^cache: ttl must be longer than 0, got 0$/],
    [{ ttl: 'soon' as '1s' }, /^cache: ttl must be/],
    [{ when: 'sometimes' as 'always' }, /^cache: when must be 'deterministic', 'always' or a function/],
    [{ partition: 'user' as 'tenant' }, /^cache: partition must be 'tenant' or a function/],
    [{ storeTimeout: 0 }, /^cache: storeTimeout must be longer than 0/],
    [{ maxEntryBytes: 0 }, /^cache: maxEntryBytes must be an integer >= 1/],
    [{ encryption: ['secret'] }, /^cache: encryption must be keys of 32 bytes each, in base64$/],
    [{ encryption: 'environment' }, /^cache: INTERPOSE_CACHE_KEYS is not set$/],
    [{ pace: 'slow' as 'instant' }, /^cache: pace must be/],
    [{ tttl: 1 } as CacheOptions, /tttl/],
  ];
  for (const [options, message] of wrong) expect(() => cache(options)).toThrow(message);
});
