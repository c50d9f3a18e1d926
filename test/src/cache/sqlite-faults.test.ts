import { DatabaseSync } from 'node:sqlite';
import { CLOCK, provide, systemClock, systemRandom } from '@interpose/core';
import { fakeClock } from '@interpose/testing';
import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '../../../packages/sqlite/src/connection.ts';
import { openDatabase } from '../../../packages/sqlite/src/database.ts';
import { cacheStoreOver } from '../../../packages/sqlite/src/sqlite-cache-store.ts';
import { stackOf } from './asking.test-support.ts';
import { places } from './stores.test-support.ts';

test('a locked file gives what it has, and all else is a miss that waits 50 ms once', async () => {
  const { plugin, where } = await places.sqlite();
  const clock = fakeClock();
  const { ask, provider, log } = stackOf([plugin, provide(CLOCK, clock)]);
  await ask('hello');
  await expect.poll(() => ask('hello')).toBe('hit: Good morning');
  using other = new DatabaseSync(where);
  other.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE');

  expect(await ask('hello')).toBe('hit: Good morning');
  const waiting = ask('good evening');
  await clock.advance('50ms');
  expect(await waiting).toBe('miss: Good morning');
  expect(log.filter((line) => line === 'fault cache open')).toHaveLength(1);
  // The clock stands still.
  for (let call = 0; call < 10; call++) expect(await ask('good evening')).toBe('miss: Good morning');

  other.exec('ROLLBACK');
  await clock.advance('10s');
  await expect.poll(() => ask('good evening')).toBe('hit: Good morning');
  expect(provider.requests.length).toBeGreaterThanOrEqual(12);
});

test('a full file is a miss, and still gives what it has', async () => {
  const { where: path } = await places.sqlite();
  const patience = { path, clock: systemClock, random: systemRandom, busyTimeout: 1000 };
  const connection = new Connection(openDatabase(path, 1000), patience);
  onTestFinished(() => connection.close());
  const store = cacheStoreOver(connection, systemClock, 100_000_000);
  const { ask, provider, log, layer } = stackOf([], {
    store,
    storeTimeout: '10s',
    compressOverBytes: 10_000_000,
  });
  await ask('hello');
  await expect.poll(() => ask('hello')).toBe('hit: Good morning');

  connection.database.exec('PRAGMA max_page_count = 1');
  const errors: unknown[] = [];
  layer.events.on('*', ({ type, data }) => {
    if (type === 'fault') errors.push((data as { error: { code: string } }).error.code);
  });
  provider.always({ text: 'a '.repeat(50_000) });
  expect(await ask('tell me')).toMatch(/^miss: (a ){50000}$/);
  await expect.poll(() => log).toContain('cache.skip {"reason":"store"}');
  expect(errors[0]).toBe('sqlite_full');
  expect(provider.requests).toHaveLength(2);
});
