import { fakeClock } from '@interpose/testing';
import { describe, test } from 'vitest';
import { memoryLimitStore } from './memory-limit-store.ts';
import { limitStoreSuite } from './suite/index.ts';

describe('counts in memory', () => {
  const make = () => {
    const clock = fakeClock();
    return {
      store: memoryLimitStore(clock),
      advance: (ms: number) => clock.advance(ms),
      close: async () => {},
    };
  };
  for (const { name, run } of limitStoreSuite(make)) test(name, run);
});
