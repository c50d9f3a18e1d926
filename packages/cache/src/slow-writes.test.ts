import { fakeClock } from '@interpose/testing';
import { expect, test } from 'vitest';
import { answer, stackOf, told } from './cache.test-support.ts';
import { memoryCacheStore, type CacheStore } from './index.ts';

/** A cache whose store takes its time to keep an entry. */
function slow(writeMs: number) {
  const clock = fakeClock();
  const inner = memoryCacheStore({ clock });
  const store: CacheStore = {
    ...inner,
    set: async (...args) => {
      await clock.sleep(writeMs);
      await inner.set(...args);
    },
  };
  return stackOf([answer('one'), answer('two')], { store }, { clock });
}

test('an entry may take longer to be kept than a call waits to look it up, and no call waits for it', async () => {
  const { ask, clock, log } = slow(900);
  expect(await told(ask())).toBe('200 miss: one');
  await clock.advance('900ms');
  expect(await told(ask())).toBe('200 hit 0: one');
  expect(log.filter((line) => line.includes('fault'))).toEqual([]);
});

test('but not for ever: then the store is left alone', async () => {
  const { ask, clock, log } = slow(1100);
  expect(await told(ask())).toBe('200 miss: one');
  await clock.advance('1s');
  expect(log.filter((line) => line.includes('fault') || line.includes('skip'))).toEqual([
    'fault cache open',
    'cache.skip {"reason":"store"}',
  ]);
  expect(await told(ask())).toBe('200 miss: two');
});
