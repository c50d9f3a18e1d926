import type { CacheStore } from '@interpose/cache';
import { fakeClock } from '@interpose/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { failure, fake, start } from './outage.test-support.ts';
import type { RedisOptions, RedisServices } from './options.ts';
import { redisCacheStore } from './redis.ts';

const MINUTE = 60_000;

function open(options: RedisOptions, services?: RedisServices): CacheStore {
  const store = redisCacheStore(options, services);
  onTestFinished(() => store.close?.());
  return store;
}

test('no step waits for longer than it may for a server that never answers', async () => {
  const clock = fakeClock();
  const store = open({ url: await fake(), commandTimeout: '250ms' }, { clock });
  const steps = Promise.all(
    [
      async () => store.get('a'),
      async () => store.set('a', Uint8Array.of(1), MINUTE),
      async () => store.delete('a'),
      async () => store.leases?.acquire('a', 'one', MINUTE),
      async () => store.leases?.release('a', 'one'),
    ].map(async (step) => (await failure(step())).code),
  );
  let isOver = false;
  void steps.finally(() => (isOver = true));
  await clock.advance('249ms');
  expect(isOver).toBe(false);
  await clock.advance('1ms');
  expect(await steps).toEqual(Array.from({ length: 5 }, () => 'redis_unavailable'));
});

test('a step is told at once that nobody is there', async () => {
  const store = open({ url: 'redis://127.0.0.1:1', commandTimeout: '1m' });
  const { code, message } = await failure(Promise.resolve(store.get('a')));
  expect([code, message]).toEqual(['redis_unavailable', expect.stringContaining('ECONNREFUSED')]);
});

test('a server that is full says so, and gives what it has', async () => {
  const server = await start('--maxmemory', '3mb', '--maxmemory-policy', 'noeviction');
  const store = open({ url: server.url, commandTimeout: '5s' });
  await store.set('a', Uint8Array.of(1), MINUTE);
  const fill = async () => {
    for (let number = 0; ; number++) await store.set(`large-${number}`, new Uint8Array(500_000), MINUTE);
  };
  const { code, message } = await failure(fill());
  expect([code, message]).toEqual(['redis_unavailable', expect.stringContaining('OOM')]);
  expect(await store.get('a')).toEqual(Buffer.of(1));
});

test('goes on with a server that was killed and came back, without what it kept', async () => {
  const server = await start();
  const store = open({ url: server.url, commandTimeout: '1s' });
  await store.set('a', Uint8Array.of(1), MINUTE);
  await store.leases?.acquire('a', 'one', MINUTE);
  await server.kill();
  expect((await failure(Promise.resolve(store.get('a')))).code).toBe('redis_unavailable');
  await server.restart();
  await vi.waitFor(() => store.set('b', Uint8Array.of(2), MINUTE), { timeout: 10_000 });
  expect([await store.get('a'), await store.get('b')]).toEqual([undefined, Buffer.of(2)]);
  expect(await store.leases?.acquire('a', 'two', MINUTE)).toBe(true);
}, 30_000);
