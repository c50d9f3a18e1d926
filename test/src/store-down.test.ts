import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { budget } from '@interpose/budget';
import { FaultError, LOGGER, PRICES, TOKEN_COUNTER, faulted, provide, type Plugin } from '@interpose/core';
import { limit } from '@interpose/limit';
import { interpose, layerOf } from '@interpose/openai';
import { redis } from '@interpose/redis';
import { retry } from '@interpose/retry';
import { sqlite } from '@interpose/sqlite';
import { fakeProvider } from '@interpose/testing';
import OpenAI from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { redisServer } from '../../packages/redis/src/redis-server.test-support.ts';

type Rule = 'open' | 'closed';

/** A store that serves until it is taken down. */
interface Store {
  readonly plugin: Plugin;
  readonly down: () => Promise<void> | void;
}

const stores: Readonly<Record<string, () => Promise<Store>>> = {
  async sqlite() {
    const folder = await mkdtemp(join(tmpdir(), 'down-'));
    const path = join(folder, 'layer.db');
    const plugin = sqlite({ path, busyTimeout: '100ms' });
    let other: DatabaseSync | undefined;
    onTestFinished(async () => {
      other?.close();
      await rm(folder, { recursive: true, force: true });
    });
    return {
      plugin,
      down: () => (other = new DatabaseSync(path)).exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE'),
    };
  },
  async redis() {
    const server = await redisServer();
    onTestFinished(() => server.stop());
    return { plugin: redis({ url: server.url, commandTimeout: '2s' }), down: () => server.kill() };
  },
};

const units: Readonly<Record<string, (onFault: Rule) => Plugin>> = {
  budget: (onFault) => budget({ limits: [{ per: 'all', calls: 100, every: 'ever' }], onFault }),
  limit: (onFault) =>
    limit({ requests: { limit: 100, every: '1s', burst: 50 }, concurrency: 50, onFault, maxWait: '1m' }),
};

const nothing = (): void => {};

const cases = Object.keys(stores).flatMap((store) =>
  Object.keys(units).flatMap((unit) =>
    (['closed', 'open'] as const).map((rule) => [unit, store, rule] as const),
  ),
);

test.each(cases)(
  '%s over %s that is down: %s',
  async (unit, kind, rule) => {
    const store = await (stores[kind] as () => Promise<Store>)();
    const provider = fakeProvider.inProcess();
    const bare = new OpenAI({ apiKey: 'test', baseURL: provider.baseURL, fetch: provider.fetch });
    const openai = interpose(bare, [
      retry(),
      units[unit]?.(rule) as Plugin,
      store.plugin,
      provide(LOGGER, { debug: nothing, info: nothing, warn: nothing, error: nothing }),
      provide(PRICES, { price: () => 1 }),
      provide(TOKEN_COUNTER, { input: () => 1, text: () => 1 }),
    ]);
    const layer = layerOf(openai);
    onTestFinished(() => layer?.close());
    const ask = () =>
      openai.embeddings.create({ model: 'text-embedding-3-small', input: 'Good morning' }).then(
        () => 'answered',
        (error: unknown) => error,
      );
    expect(await ask()).toBe('answered');
    await store.down();

    const faults: string[] = [];
    layer?.events.on(faulted, ({ unit: from, data }) =>
      faults.push(`${from} ${data.open ? 'open' : 'closed'}`),
    );
    // However many there are, none is asked for twice, and none waits for long.
    const answers = await Promise.all(Array.from({ length: 10 }, ask));
    // One each; what is settled too late is told as well.
    expect(faults.filter((line) => line === `${unit} ${rule}`).length).toBeGreaterThanOrEqual(10);
    if (rule === 'open') {
      expect(answers).toEqual(Array.from({ length: 10 }, () => 'answered'));
      expect(provider.requests).toHaveLength(11);
      return;
    }
    expect(provider.requests).toHaveLength(1);
    for (const error of answers) {
      if (!(error instanceof FaultError)) throw error;
      const { name, code } = (error.cause as Error).cause as Error & { code: string };
      expect([error.unit, error.code, `${name} ${code}`]).toEqual([
        unit,
        'unit_fault',
        kind === 'sqlite'
          ? 'SqliteError sqlite_locked'
          : expect.stringMatching(/^RedisError redis_(unavailable|timeout)$/),
      ]);
      expect(error.message).toContain(`${unit} broke (${code})`);
    }
  },
  60_000,
);
