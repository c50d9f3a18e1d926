/**
 * The long form of the chaos test: 8 processes over shared books, killed without a word, against what the provider
 * says it served. `pnpm chaos [sqlite | redis] [--calls n] [--kills n] [--seeds n]`; Redis is one that the run starts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { redisServer } from '../../../packages/redis/src/redis-server.test-support.ts';
import { chaos } from './chaos.ts';
import { MAX_INPUT, MAX_OUTPUT, cost, type Store } from './order.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    calls: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '50' },
    seeds: { type: 'string', default: '1' },
  },
});
const [calls, kills, seeds] = [Number(values.calls), Number(values.kills), Number(values.seeds)];
const cap = calls * cost({ inputTokens: MAX_INPUT, outputTokens: MAX_OUTPUT });
const kinds = (['sqlite', 'redis'] as const).filter(
  (kind) => positionals.length === 0 || positionals.includes(kind),
);
const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
const server = kinds.includes('redis') ? await redisServer() : undefined;

console.log(
  `A cap of ${calls} calls at their most, 8 processes, 125 calls under way in each, ${kills} kills\n`,
);
for (const kind of kinds) {
  for (let seed = 1; seed <= seeds; seed++) {
    const store: Store =
      kind === 'sqlite'
        ? { kind, path: join(folder, `${seed}.db`) }
        : { kind, url: server?.url ?? '', prefix: `seed${seed}` };
    const result = await chaos({ store, processes: 8, inFlight: 125, cap, kills, unruly: true, seed });
    const share = (amount: number): string => `${((100 * amount) / cap).toFixed(2)} %`;
    console.log(
      `${kind}, seed ${seed}: ${result.requests} requests, ${result.kills} kills; served ${share(result.served)} of the cap ` +
        `(B1: at most 100), on the books ${share(result.spent)} (at least what was served), still held ${result.held} (B2: 0)` +
        (result.errors.length > 0 ? `; met ${result.errors.join('; ')}` : ''),
    );
  }
}
await server?.stop();
await rm(folder, { recursive: true, force: true });
