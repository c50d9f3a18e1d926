/**
 * The long form of the chaos tests: 8 processes over shared books, killed without a word, against what the provider
 * says it served; then crashes at every point of a call, settlements delivered many times, and streams that are left.
 * `pnpm chaos [sqlite | redis] [--calls n] [--kills n] [--seeds n] [--from seed]`; Redis is one that the run starts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { redisServer } from '../../../packages/redis/src/redis-server.test-support.ts';
import { chaos, type ChaosResult } from './chaos.ts';
import { crashes, shownWreck, type Wreck } from './crash.ts';
import { ONE, type Store } from './order.ts';
import { replays } from './replay.ts';
import { leaveStreams } from './streams.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    calls: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '50' },
    seeds: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
  },
});
const calls = wholeOf(values.calls);
const kills = wholeOf(values.kills);
const seeds = wholeOf(values.seeds);
const from = wholeOf(values.from);
const cap = calls * ONE;
const kinds = (['sqlite', 'redis'] as const).filter(
  (kind) => positionals.length === 0 || positionals.includes(kind),
);
const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
const server = kinds.includes('redis') ? await redisServer() : undefined;
const failed: string[] = [];

console.log(`A cap of ${calls} calls at their most, 8 processes with 125 calls under way in each\n`);
for (const kind of kinds) {
  const storeOf = (name: string): Store =>
    kind === 'sqlite'
      ? { kind, path: join(folder, `${name}.db`) }
      : { kind, url: server?.url ?? '', prefix: name };
  for (let seed = from; seed < from + seeds; seed++) {
    // A step waits for a thousand others before it, on a machine that has no time.
    const fleet = { cap, seed, processes: 8, inFlight: 125, patienceMs: 30_000 };
    const calm = await chaos({ ...fleet, store: storeOf(`calm ${seed}`) });
    reportFleet(`${kind}, seed ${seed}, calm`, calm);
    expect(
      'books equal the account of the provider',
      calm.spent === calm.served && calm.posted === calm.served,
    );
    expect('at least 95 % of the cap is served', calm.served >= 0.95 * cap);
    const wild = await chaos({ ...fleet, store: storeOf(`wild ${seed}`), kills, unruly: true });
    reportFleet(`${kind}, seed ${seed}, ${wild.kills} kills`, wild);
    expect('at least 95 % of the cap is used', wild.spent >= 0.95 * cap);
  }

  console.log(`\n${kind}: a process is gone at each point of a call (held for 28, served for 18)`);
  const wrecks = await crashes(storeOf('crashes'));
  for (const wreck of wrecks) console.log(`  ${shownWreck(wreck)}`);
  expect('crashes leave nothing held, and no less than was served', wrecks.every(isSound));
  console.log(`\n${kind}: settlements that came to 7, delivered 25 times by 5 processes`);
  const told = await replays(storeOf('replays'));
  for (const line of told) console.log(`  ${line}`);
  const twice = told.slice(2).every((line) => line.endsWith('spent 140, held 0, in the report 20 calls'));
  expect('each settlement counts once', twice);
  const left = await leaveStreams(storeOf('streams'), 1000);
  console.log(
    `\n${kind}: ${left.streams} streams left or aborted at every chunk: ${left.posted} in the report, ${left.free} of them free; ` +
      `on the books ${share(left.spent, left.served)} of what was served, held ${left.held}\n`,
  );
  expect('no stream is free', left.posted === left.streams && left.free === 0);
}
await server?.stop();
await rm(folder, { recursive: true, force: true });
console.log(failed.length === 0 ? 'All as promised.' : `NOT as promised:\n  ${failed.join('\n  ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function reportFleet(name: string, result: ChaosResult): void {
  const { requests, served, spent, held, faults, slowestMs, errors } = result;
  const met = [...errors, ...(faults > 0 ? [`${faults} calls that could not be held`] : [])];
  console.log(
    [
      name.padEnd(24),
      `${requests} requests`,
      `served ${share(served)} of the cap`,
      `on the books ${share(spent)}`,
      `overshoot ${Math.max(0, served - cap)}`,
      `held ${held}`,
      `books less provider ${spent - served}`,
      `slowest call ${(slowestMs / 1000).toFixed(1)} s`,
      ...(met.length > 0 ? [`met ${met.join(', ')}`] : []),
    ].join(' | '),
  );
  expect(`${name}: no overshoot`, served <= cap && spent <= cap);
  expect(`${name}: nothing is held in the end`, held === 0);
  expect(`${name}: no less on the books than was served`, spent >= served);
}

function isSound({ atOnce, later, served, posted }: Wreck): boolean {
  return later.held === 0 && later.spent >= served && posted <= 1 && atOnce.spent + atOnce.held >= served;
}

function expect(what: string, isSo: boolean): void {
  if (!isSo) failed.push(what);
}

function share(amount: number, of = cap): string {
  return `${((100 * amount) / of).toFixed(2)} %`;
}

function wholeOf(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`chaos: ${text} is no integer >= 1`);
  return value;
}
