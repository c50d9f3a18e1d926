/** Measures the steps of one ledger; see ledger.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { memoryLedger, type Ledger } from '@interpose/budget';
import { redisLedger, type RedisClient } from '@interpose/redis';
import { sqliteLedger } from '@interpose/sqlite';
import { createClient } from '@redis/client';
import { redisServer } from '../../packages/redis/src/redis-server.test-support.ts';
import type { LedgerResult, LedgerSubject } from './ledger.ts';

const CALLS = 10_000;
const WARM_UP = 1000;

interface Subject {
  readonly ledger: Ledger;
  readonly bare: () => Promise<void> | void;
  /** How often a server was asked so far. */
  readonly trips?: () => number;
  readonly close: () => Promise<void> | void;
}

const { ledger, bare, trips, close } = await open(process.argv[2] as LedgerSubject);
const names = { day: '2026-01-31', endpoint: 'search', tenant: 'acme', user: '', model: 'gpt-4o-mini' };
const posting = { ...names, calls: 1, inputTokens: 250, outputTokens: 60, cost: 100, unpriced: 0 };
const steps: number[] = [];
const others: number[] = [];
let before = 0;
for (let call = -WARM_UP; call < CALLS; call++) {
  if (call === 0) before = trips?.() ?? 0;
  const id = `call ${call}`;
  const began = performance.now();
  const entry = { account: 'the cap', cap: Number.MAX_SAFE_INTEGER, amount: 200, keepMs: 86_400_000 };
  await ledger.reserve({ id, leaseMs: 60_000, entries: [entry] });
  await ledger.settle({ id, amounts: { 'the cap': 100 }, posting });
  const between = performance.now();
  await bare();
  if (call < 0) continue;
  steps.push(between - began);
  others.push(performance.now() - between);
}
const roundTrips = trips && (trips() - before) / CALLS;
await close();
const result: LedgerResult = { steps, bare: others, ...(roundTrips !== undefined && { roundTrips }) };
process.send?.(result, () => process.disconnect());

function open(subject: LedgerSubject): Promise<Subject> | Subject {
  if (subject === 'memory') return openMemory();
  return subject === 'sqlite' ? openSqlite() : openRedis();
}

function openMemory(): Subject {
  const turn = async (): Promise<void> => {};
  const bare = async (): Promise<void> => {
    await turn();
    await turn();
  };
  return { ledger: memoryLedger(), bare, close() {} };
}

function openSqlite(): Subject {
  const folder = mkdtempSync(join(tmpdir(), 'bench-ledger-'));
  const ledger = sqliteLedger({ path: join(folder, 'ledger.db') });
  const database = new DatabaseSync(join(folder, 'bare.db'));
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE bare (id INTEGER, text TEXT)',
  );
  const insert = database.prepare('INSERT INTO bare (text) VALUES (?)');
  const bare = (): void => {
    for (const text of ['reserve', 'settle']) insert.run(text);
  };
  const close = async (): Promise<void> => {
    await ledger.close();
    database.close();
    rmSync(folder, { recursive: true });
  };
  return { ledger, bare, close };
}

async function openRedis(): Promise<Subject> {
  const server = await redisServer();
  const connected = await createClient({ url: server.url }).connect();
  let asked = 0;
  const client: RedisClient = {
    evalSha(sha, call) {
      asked++;
      return connected.evalSha(sha, call);
    },
    eval(script, call) {
      asked++;
      return connected.eval(script, call);
    },
  };
  const bare = async (): Promise<void> => {
    await connected.ping();
    await connected.ping();
  };
  const close = async (): Promise<void> => {
    await connected.close();
    await server.stop();
  };
  return { ledger: redisLedger({ client, commandTimeout: '10s' }), bare, trips: () => asked, close };
}
