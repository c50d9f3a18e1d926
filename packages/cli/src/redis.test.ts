import { redisLedger } from '@interpose/redis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fakeServer, redisServer, type RedisServer } from '../../redis/src/redis-server.test-support.ts';
import { ended, post, start } from './cli.test-support.ts';

// Each starts processes.
vi.setConfig({ testTimeout: 60_000 });

let server: RedisServer;

beforeAll(async () => {
  server = await redisServer('--requirepass', 's3cret');
});
afterAll(() => server?.stop());

const withPassword = (): string => server.url.replace('//', '//:s3cret@');

test('prints what is in Redis, of one prefix', async () => {
  const ledger = redisLedger({ url: withPassword(), prefix: 'shop', commandTimeout: '5s' });
  await post(ledger, { day: '2026-01-01', endpoint: 'search', cost: 1_500_000_000 });
  await post(ledger, { day: '2026-01-03', endpoint: 'search', cost: 500_000_000 });
  await post(ledger, { day: '2026-01-03', endpoint: 'chat', cost: 1 });
  await ledger.close?.();
  const env = { INTERPOSE_REDIS: withPassword() };
  expect(await ended(start(['spend', '--prefix', 'shop'], env))).toEqual({
    stdout: `Spend from 2026-01-01 to 2026-01-03, UTC

endpoint  calls  tokens in  tokens out          USD  per day
search        2         20          10  2.000000000  █ ▃
chat          1         10           5  0.000000001    █
total         3         30          15  2.000000001  █ ▃
`,
    stderr: '',
    end: 0,
  });
  expect((await ended(start(['spend', '--redis', withPassword()]))).stdout).toBe(
    "Nothing was spent, by the books with the prefix 'interpose'.\n",
  );
});

test('a server that does not let it in', async () => {
  const { stdout, stderr, end } = await ended(
    start(['spend', '--redis', server.url.replace('//', '//:wr0ng@')]),
  );
  expect([stdout, end]).toEqual(['', 1]);
  expect(stderr).toMatch(/^interpose: redis: the server refused: WRONGPASS .*\n$/);
  expect(stderr).not.toContain('wr0ng');
});

test('a server that is not there', async () => {
  expect(await ended(start(['spend', '--redis', 'redis://:s3cret@127.0.0.1:1']))).toEqual({
    stdout: '',
    stderr: 'interpose: redis: no connection: connect ECONNREFUSED 127.0.0.1:1\n',
    end: 1,
  });
});

test('a server that is too old, and one that is none', async () => {
  const answering = async (answer: string) => {
    const fake = await fakeServer((command, socket) => {
      for (const name of command.match(/SETINFO|EVALSHA/g) ?? []) {
        socket.write(name === 'SETINFO' ? '+OK\r\n' : answer);
      }
    });
    const said = await ended(start(['spend', '--redis', fake.url]));
    await fake.close();
    return said;
  };
  expect(await answering('*1\r\n+redis_version:5.0.14\r\n')).toEqual({
    stdout: '',
    stderr: 'interpose: redis: the server is Redis 5.0.14; 6.2 or later is needed\n',
    end: 1,
  });
  const web = await fakeServer((_, socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const { stdout, stderr, end } = await ended(start(['spend', '--redis', web.url]));
  await web.close();
  expect([stdout, end]).toEqual(['', 1]);
  expect(stderr).toMatch(/^interpose: redis: .+\n$/);
});

test('Ctrl-C ends it at once, while it waits for a server that never answers', async () => {
  let hear = (): void => {};
  const asked = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const fake = await fakeServer(hear);
  const child = start(['spend', '--redis', fake.url]);
  const said = ended(child);
  await asked;
  child.kill('SIGINT');
  expect(await said).toEqual({ stdout: '', stderr: '', end: 'SIGINT' });
  await fake.close();
});

test('a server that never answers', async () => {
  const fake = await fakeServer();
  const { stderr, end } = await ended(start(['spend', '--redis', fake.url]));
  expect([stderr, end]).toEqual([
    'interpose: redis: no connection: the server accepts, but does not answer\n',
    1,
  ]);
  await fake.close();
});

test('without the package for Redis it says what to install', async () => {
  const hidden = `
    import { registerHooks } from 'node:module';
    const parentURL = 'file:///nowhere/from.js';
    registerHooks({
      resolve: (name, from, next) => next(name, name === '@interpose/redis' ? { ...from, parentURL } : from),
    });`;
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(hidden)}`];
  expect(await ended(start(['spend', '--redis', server.url], {}, preload))).toEqual({
    stdout: '',
    stderr:
      'interpose: books in Redis need the package @interpose/redis beside @interpose/cli: npm install @interpose/redis\n',
    end: 1,
  });
});
