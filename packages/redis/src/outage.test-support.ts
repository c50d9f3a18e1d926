import type { Entry, Ledger, ReserveResult } from '@interpose/budget';
import type { Duration, Logger } from '@interpose/core';
import { afterEach, expect } from 'vitest';
import { RedisError } from './error.ts';
import { fakeServer, redisServer, type RedisServer } from './redis-server.test-support.ts';
import { redisLedger } from './redis.ts';

const HOUR = 3_600_000;

const cleanups: (() => Promise<unknown> | undefined)[] = [];

afterEach(async () => {
  for (const end of cleanups.splice(0).toReversed()) await end();
});

function entry(amount: number, cap = 100): Entry {
  return { account: 'a', cap, amount, keepMs: HOUR };
}

/** With time to spare, where the time is not what the test is of. */
export function open(
  url: string,
  commandTimeout: Duration = '1s',
): { ledger: Ledger; lines: string[]; close: () => Promise<void> } {
  const lines: string[] = [];
  const write = (fields: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  const ledger = redisLedger({ url, commandTimeout }, { logger });
  const close = async (): Promise<void> => ledger.close?.();
  cleanups.push(close);
  return { ledger, lines, close };
}

/** A real server, for the length of a test. */
export async function start(...settings: string[]): Promise<RedisServer> {
  const server = await redisServer(...settings);
  cleanups.push(() => server.stop());
  return server;
}

/** The URL of a server that answers as it is told; by default never. */
export async function fake(answer?: Parameters<typeof fakeServer>[0]): Promise<string> {
  const server = await fakeServer(answer);
  cleanups.push(() => server.close());
  return server.url;
}

export function reserve(ledger: Ledger, id: string, cap = 100): Promise<ReserveResult> {
  return ledger.reserve({ id, leaseMs: HOUR, entries: [entry(1, cap)] });
}

/** The code of what it fails with, and how long that took. */
export async function failure(
  work: Promise<unknown>,
): Promise<{ code: string; message: string; ms: number }> {
  const began = performance.now();
  const error = await work.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(RedisError);
  const { code, message } = error as RedisError;
  return { code, message, ms: performance.now() - began };
}
