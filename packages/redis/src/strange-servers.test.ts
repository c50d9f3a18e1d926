import { expect, test, vi } from 'vitest';
import { RedisError } from './error.ts';
import { failure, fake, open, reserve, start } from './outage.test-support.ts';

test('waits no longer than it is told for a server that accepts and never answers', async () => {
  const { ledger, close } = open(await fake(), '250ms');
  const { code, ms } = await failure(reserve(ledger, '1'));
  expect(code).toBe('redis_unavailable');
  expect(ms).toBeGreaterThan(240);
  expect(ms).toBeLessThan(1000);
  const began = performance.now();
  await close();
  expect(performance.now() - began).toBeLessThan(1000);
});

test('a report says at once that there is no server, or why it is not let in', async () => {
  const nobody = open('redis://127.0.0.1:1', '10s');
  const refused = await failure(nobody.ledger.spend());
  expect(refused.message).toMatch(/^redis: no connection: .*ECONNREFUSED/);
  expect(refused.ms).toBeLessThan(5000);

  const server = await start('--requirepass', 'right-secret');
  const stranger = await failure(open(server.url, '10s').ledger.spend());
  expect([stranger.code, stranger.message]).toEqual(['redis_refused', expect.stringContaining('NOAUTH')]);
  expect(stranger.ms).toBeLessThan(5000);
});

test('a report from a server that never answers ends with the ledger', async () => {
  const { ledger, close } = open(await fake(), '250ms');
  const failed = failure(ledger.spend());
  await close();
  expect((await failed).code).toBe('redis_unavailable');
  expect((await failed).ms).toBeLessThan(5000);
});

test('leaves a connection that fell silent, and takes a new one', async () => {
  let deaf = false;
  let connections = 0;
  const known = new WeakSet();
  const url = await fake((command, socket) => {
    if (!known.has(socket)) {
      known.add(socket);
      connections++;
      deaf = connections === 1;
    }
    for (const name of command.match(/\b(SETINFO|EVAL|EVALSHA)\b/g) ?? []) {
      if (name === 'SETINFO') socket.write('+OK\r\n');
      else if (!deaf)
        socket.write(command.includes('KEYS[1]') || command.length < 150 ? '*1\r\n+7.0.0\r\n' : '*0\r\n');
    }
  });
  const { ledger } = open(url, '250ms');
  const codes = new Set<string>();
  await vi.waitFor(
    async () => {
      await ledger.renew(['1'], 1000).catch((error: RedisError) => {
        codes.add(error.code);
        throw error;
      });
    },
    { timeout: 15_000 },
  );
  expect(connections).toBe(2);
  expect([...codes]).toContain('redis_timeout');
}, 30_000);

test.each([
  ['*1\r\n+redis_version:5.0.14\r\n', 'redis_unsupported_version', 'is Redis 5.0.14; 6.2 or later is needed'],
  ['*1\r\n+redis_version:6.0.9\r\n', 'redis_unsupported_version', 'is Redis 6.0.9'],
  ["-ERR unknown command 'EVALSHA'\r\n", 'redis_refused', "unknown command 'EVALSHA'"],
  ['-LOADING Redis is loading the dataset in memory\r\n', 'redis_unavailable', 'LOADING'],
  ['-WRONGTYPE Operation against a key\r\n', 'redis_failed', 'WRONGTYPE'],
])('says what is wrong with a server that answers %j', async (answer, code, message) => {
  const url = await fake((command, socket) => {
    for (const name of command.match(/SETINFO|EVALSHA/g) ?? []) {
      socket.write(name === 'SETINFO' ? '+OK\r\n' : answer);
    }
  });
  const { ledger } = open(url, '5s');
  const failed = await failure(reserve(ledger, '1'));
  expect(failed.code).toBe(code);
  expect(failed.message).toContain(message);
});

test('says that it was not let in, without saying as whom', async () => {
  const server = await start('--requirepass', 'right-secret');
  const { ledger, lines, close } = open(server.url.replace('//', '//:wrong-secret@'));
  // The first attempt to connect may still be under way.
  const message = await vi.waitFor(
    async () => {
      const failed = await failure(reserve(ledger, '1'));
      expect(failed.code).toBe('redis_refused');
      return failed.message;
    },
    { timeout: 10_000 },
  );
  expect(message).toContain('WRONGPASS');
  await expect(ledger.settle({ id: '1', amounts: {} })).rejects.toThrow(RedisError);
  await close();
  expect(message + lines.join('')).not.toContain('secret');
});
