import { fakeClock } from '@interpose/testing';
import { describe, test } from 'vitest';
import { memoryLedger } from './memory-ledger.ts';
import { ledgerSuite } from './suite/index.ts';

describe('the books in memory', () => {
  const make = () => {
    const clock = fakeClock();
    return { ledger: memoryLedger(clock), advance: (ms: number) => clock.advance(ms), close: async () => {} };
  };
  for (const { name, run } of ledgerSuite(make)) test(name, run);
});
