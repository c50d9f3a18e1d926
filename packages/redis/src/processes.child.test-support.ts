// Run as a process of its own: reserves and settles by turns, and says how many of its reservations were held.
import { redisLedger } from './redis.ts';

const [url = '', name = '', count = '0', cap = '0'] = process.argv.slice(2);
const ledger = redisLedger({ url, prefix: 'shared', commandTimeout: '10s' });
const entries = [{ account: 'a', cap: Number(cap), amount: 1, keepMs: 3_600_000 }];

async function one(id: string): Promise<boolean> {
  const { exceeded } = await ledger.reserve({ id, leaseMs: 60_000, entries });
  if (exceeded) return false;
  await ledger.settle({ id, amounts: { a: 1 } });
  return true;
}

const results: boolean[] = [];
for (let done = 0; done < Number(count); done += 10) {
  const some = Array.from({ length: 10 }, (_, index) => one(`${name}-${done + index}`));
  results.push(...(await Promise.all(some)));
}
await ledger.close?.();
process.stdout.write(String(results.filter(Boolean).length));
