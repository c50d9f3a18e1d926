/**
 * The long form of the fleet test: 8 processes that all call as fast as they are let, under one limit.
 * `pnpm fleet [sqlite | redis | memory] [--limit n] [--every ms] [--seconds n] [--callers n] [--processes n]`; Redis is one that the
 * run starts. In memory each counts for itself, which shows what the others are for.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { redisServer } from '../../../packages/redis/src/redis-server.test-support.ts';
import { fleetOf } from './fleet.ts';
import type { Place } from './shift.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string', default: '2000' },
    every: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '30' },
    callers: { type: 'string', default: '20' },
    processes: { type: 'string', default: '8' },
  },
});
const [limit, everyMs, callers] = [Number(values.limit), Number(values.every), Number(values.callers)];
const size = Number(values.processes);
const asked = positionals.length > 0 ? positionals : ['sqlite', 'redis', 'memory'];
const folder = await mkdtemp(join(tmpdir(), 'fleet-'));
const server = asked.includes('redis') ? await redisServer() : undefined;
const places: readonly Place[] = [
  { kind: 'sqlite', path: join(folder, 'fleet.db') },
  { kind: 'redis', url: server?.url ?? '', prefix: 'fleet' },
  { kind: 'memory' },
];

const fleet = await fleetOf(size);
for (const place of places.filter(({ kind }) => asked.includes(kind))) {
  for (const processes of new Set([1, size])) {
    const shift = { place, limit, everyMs, callers };
    const result = await fleet.run(shift, Number(values.seconds) * 1000, processes);
    console.log(
      `${place.kind}, ${processes} processes, ${limit} in ${everyMs} ms: ${result.granted} calls, at most ${result.most} in any window, ` +
        `${result.beyond.toFixed(2)} beyond burst + rate * T in any T, ${(100 * result.share).toFixed(2)} % of it usable, ` +
        `by ${result.served} processes; a take ${result.p50.toFixed(2)} ms p50, ${result.p99.toFixed(2)} ms p99 of ${result.takes}` +
        (result.errors.length > 0 ? `; met ${result.errors.join('; ')}` : ''),
    );
  }
}
await fleet[Symbol.asyncDispose]();
await server?.stop();
await rm(folder, { recursive: true, force: true });
