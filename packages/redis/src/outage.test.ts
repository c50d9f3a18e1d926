import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Posting } from '@interpose/budget';
import { expect, test, vi } from 'vitest';
import { RedisError } from './error.ts';
import { redisLimitStore } from './redis.ts';
import { failure, fake, open, reserve, start } from './outage.test-support.ts';

const flags = ['--conditions=@interpose/source', '--disable-warning=ExperimentalWarning'];
const run = promisify(execFile);
const NAMES = { day: '2026-01-31', endpoint: 'search', tenant: 'acme', user: 'u', model: 'm' };
const POSTING: Posting = { ...NAMES, calls: 1, inputTokens: 10, outputTokens: 5, cost: 100, unpriced: 0 };

test('three processes together hold what the cap allows, and not one more', async () => {
  const server = await start();
  const child = fileURLToPath(new URL('processes.child.test-support.ts', import.meta.url));
  const all = ['x', 'y', 'z'].map((name) =>
    run(process.execPath, [...flags, child, server.url, name, '300', '500']),
  );
  const held = (await Promise.all(all)).map(({ stdout }) => Number(stdout));
  expect(held.reduce((sum, each) => sum + each, 0)).toBe(500);
  expect(await server.ask('HGET', '{shared}:ledger:account:a', 'spent')).toBe('500');
}, 60_000);

test('fails by a typed error while the server is gone, and recovers when it is back', async () => {
  const server = await start();
  const { ledger, lines } = open(server.url);
  await reserve(ledger, '1');
  await server.kill();
  const { code, ms } = await failure(reserve(ledger, '2'));
  expect(code).toBe('redis_unavailable');
  expect(ms).toBeLessThan(3000);
  expect(await ledger.settle({ id: '1', amounts: { a: 1 } })).toEqual([]);
  await server.restart();
  await vi.waitFor(() => reserve(ledger, '3'), { timeout: 10_000 });
  // The server came back empty, so that the settlement found nothing to settle.
  const { accounts } = await reserve(ledger, '4');
  expect(accounts).toEqual([{ account: 'a', spent: 0, held: 2 }]);
  expect(lines).toEqual(['interpose: settlements wait for redis {}']);
}, 30_000);

test('no step of a limit waits for longer than it may, and all go on when the server is back', async () => {
  const server = await start();
  const store = redisLimitStore({ url: server.url, commandTimeout: '500ms' });
  const rates = [{ key: 'a', costUs: 1, burstUs: 1000, keepUs: 1000 }];
  const slots = [{ key: 's', id: '1' }];
  await vi.waitFor(() => store.take({ rates }), 10_000);
  await server.kill();
  const failed = await Promise.all(
    [store.take({ rates }), store.settle({ rates: [], slots }), store.renew(slots, 1000)].map(failure),
  );
  expect(failed.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => 'redis_unavailable'));
  expect(Math.max(...failed.map(({ ms }) => ms))).toBeLessThan(3000);
  await server.restart();
  await vi.waitFor(() => store.take({ rates }), { timeout: 10_000 });
  await store.close?.();
}, 30_000);

test('counts each call once, though the server dies in the middle of them and comes back', async () => {
  const server = await start('--appendonly', 'yes', '--appendfsync', 'always');
  const { ledger, lines } = open(server.url, '500ms');
  const held: string[] = [];
  const failed: string[] = [];
  const callers = ['x', 'y', 'z', 'w'].map(async (name) => {
    for (let call = 0; call < 60; call++) {
      const id = `${name}-${call}`;
      const got = await reserve(ledger, id, 1000).catch((error: RedisError) => error);
      if (got instanceof RedisError) {
        failed.push(got.code);
        continue;
      }
      held.push(id);
      await ledger.settle({ id, amounts: { a: 1 }, posting: POSTING });
      await sleep(5);
    }
  });
  await sleep(150);
  await server.kill();
  // It is gone until somebody notices: what is sent to a server that is back soon enough just waits for it.
  await vi.waitFor(() => expect(failed.length + lines.length).toBeGreaterThan(0), 10_000);
  await server.restart();
  await Promise.all(callers);
  expect(failed.filter((code) => !/^redis_(unavailable|timeout)$/.test(code))).toEqual([]);
  await vi.waitFor(async () => {
    const [account] = (await reserve(ledger, 'look', 1000)).accounts;
    expect(account?.spent).toBe(held.length);
    // Besides the look: what was done, though its answer was lost.
    expect(account?.held).toBeLessThanOrEqual(failed.length + 1);
  }, 15_000);
  expect((await ledger.spend())[0]?.calls).toBe(held.length);
}, 40_000);

test('brings a settlement there once the server answers again, and only once', async () => {
  const server = await start();
  const { ledger, lines } = open(server.url);
  await reserve(ledger, '1');
  await reserve(ledger, '2');
  // It reads on, and does nothing: what is sent now is done later, though nobody waits for it any more.
  await server.ask('CLIENT', 'PAUSE', '2500', 'ALL');
  const settlement = { id: '1', amounts: { a: 7 } };
  expect(await ledger.settle(settlement)).toEqual([]);
  expect((await failure(reserve(ledger, '3'))).code).toBe('redis_timeout');
  await vi.waitFor(() => reserve(ledger, '4'), { timeout: 10_000 });
  await vi.waitFor(async () => {
    // 2 and 4 are held, and 3, which nobody heard of.
    expect((await reserve(ledger, '4')).accounts).toEqual([{ account: 'a', spent: 7, held: 3 }]);
  }, 10_000);
  await sleep(500);
  expect((await reserve(ledger, '4')).accounts).toEqual([{ account: 'a', spent: 7, held: 3 }]);
  expect(lines).toEqual(['interpose: settlements wait for redis {}']);
}, 30_000);

test('says what it gives up when it is closed', async () => {
  const server = await start();
  const { ledger, lines, close } = open(server.url);
  await reserve(ledger, '1');
  await server.kill();
  await ledger.settle({ id: '1', amounts: { a: 7 } });
  await ledger.settle({ id: '2', amounts: { a: 7 } });
  await close();
  expect(lines).toEqual([
    'interpose: settlements wait for redis {}',
    'interpose: redis gave up 2 settlements {"count":2,"reason":"closed"}',
  ]);
  expect((await failure(reserve(ledger, '3'))).message).toContain('it is closed');
});

test('lets the process end once it is closed, whatever became of the server', async () => {
  const ledger = fileURLToPath(new URL('index.ts', import.meta.url));
  for (const url of [await fake(), 'redis://127.0.0.1:1', (await start()).url]) {
    const code = `
      const { redisLedger } = await import(${JSON.stringify(ledger)});
      const ledger = redisLedger({ url: ${JSON.stringify(url)} });
      await ledger.reserve({ id: '1', leaseMs: 1000, entries: [] }).catch(() => {});
      const began = performance.now();
      await ledger.close();
      process.on('exit', () => console.log(performance.now() - began < 1500 ? 'soon' : 'late'));
    `;
    const { stdout } = await run(process.execPath, [...flags, '--input-type=module', '-e', code], {
      timeout: 15_000,
    });
    expect(stdout.trim()).toBe('soon');
  }
}, 60_000);
