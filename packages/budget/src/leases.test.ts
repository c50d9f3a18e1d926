import { fakeClock } from '@interpose/testing';
import { expect, test } from 'vitest';
import { Leases } from './leases.ts';
import { memoryLedger } from './memory-ledger.ts';

const LEASE_MS = 30_000;

/** Leases, and a log of what is renewed. */
function rig(renew: () => Promise<void> = () => Promise.resolve()) {
  const clock = fakeClock();
  const log: string[] = [];
  const ledger = memoryLedger(clock);
  ledger.renew = async (ids, ms) => {
    log.push(`${clock.monotonic() / 1000} s: ${ids.join(' ')} for ${ms / 1000} s`);
    await renew();
  };
  const leases = new Leases(ledger, clock, LEASE_MS, (error) => log.push(String(error)));
  return { clock, log, leases };
}

test('all that live are renewed together, three times in a lease, by one timer', async () => {
  const { clock, log, leases } = rig();
  leases.add('1');
  await clock.advance('5s');
  leases.add('2');
  expect(clock.pending).toBe(1);
  await clock.advance('15s');
  leases.remove('1');
  await clock.advance('10s');
  leases.remove('2');
  await clock.advance('60s');
  expect(log).toEqual(['10 s: 1 2 for 30 s', '20 s: 1 2 for 30 s', '30 s: 2 for 30 s']);
  expect(clock.pending).toBe(0);
});

test('the next that comes after all are gone is renewed as well', async () => {
  const { clock, log, leases } = rig();
  leases.add('1');
  leases.remove('1');
  await clock.advance('1s');
  leases.add('2');
  await clock.advance('10s');
  leases.close();
  expect(log).toEqual(['11 s: 2 for 30 s']);
});

test('a renewal that fails is told, and made up for by the next', async () => {
  let failures = 1;
  const { clock, log, leases } = rig(async () => {
    if (failures-- > 0) throw new Error('down');
  });
  leases.add('1');
  await clock.advance('20s');
  leases.remove('1');
  expect(log).toEqual(['10 s: 1 for 30 s', 'Error: down', '20 s: 1 for 30 s']);
});
