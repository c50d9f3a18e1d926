import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { redisServer, type RedisServer } from '../../../packages/redis/src/redis-server.test-support.ts';
import type { Store } from './order.ts';

/** Describes what holds of the books in each store; `storeOf` gives some that are empty, by a name. */
export function describeStores(
  name: string,
  tests: (storeOf: (name: string) => Store, kind: Store['kind']) => void,
): void {
  let folder = '';
  let server: RedisServer | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chaos-'));
    server = await redisServer();
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(['sqlite', 'redis'] as const)(`${name} %s`, (kind) => {
    tests(
      (prefix) =>
        kind === 'sqlite'
          ? { kind, path: join(folder, `${prefix}.db`) }
          : { kind, url: server?.url ?? '', prefix },
      kind,
    );
  });
}
