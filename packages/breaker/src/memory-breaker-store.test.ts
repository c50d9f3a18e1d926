import { fakeClock } from '@interpose/testing';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { memoryBreakerStore } from './memory-breaker-store.ts';
import { breakerStoreSuite } from './suite/index.ts';

describe('the state of breakers in memory', () => {
  const make = () => {
    const clock = fakeClock();
    return {
      store: memoryBreakerStore(clock),
      advance: (ms: number) => clock.advance(ms),
      close: async () => {},
    };
  };
  for (const { name, run } of breakerStoreSuite(make)) test(name, run);
});

/** Something that happens to a breaker: a call comes, one of those under way ends, or time passes. */
const step = fc.oneof(
  fc.constant({ do: 'enter' } as const),
  fc.record({
    do: fc.constant('report' as const),
    which: fc.nat(),
    result: fc.constantFrom('success' as const, 'failure' as const, 'none' as const),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 15_000 }) }),
);

test('whatever happens, none goes while it is open, and no more probes than may', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, maxProbes) => {
        const clock = fakeClock();
        const store = memoryBreakerStore(clock);
        const rules = { consecutive: 2, maxProbes, probeMs: 30_000 };
        const underWay: { id: string; isProbe: boolean; since: number }[] = [];
        let openUntil = -Infinity;
        for (const [number, one] of steps.entries()) {
          if (one.do === 'wait') await clock.advance(one.ms);
          else if (one.do === 'enter') {
            const id = `call-${number}`;
            const { admitted, state } = await store.enter({ key: 'a', id, rules });
            if (admitted && clock.monotonic() < openUntil) return false;
            if (admitted) underWay.push({ id, isProbe: state === 'half-open', since: clock.monotonic() });
          } else {
            const [ended] = underWay.splice(one.which % Math.max(1, underWay.length), 1);
            if (!ended) continue;
            const report = {
              key: 'a',
              id: ended.id,
              rules,
              result: one.result,
              openMs: 10_000,
              maxOpenMs: 60_000,
            };
            const { state, changed, retryMs } = await store.report(report);
            if (state === 'open' && changed) openUntil = clock.monotonic() + retryMs;
            // What others probed is settled with it.
            if (changed)
              underWay.splice(0, underWay.length, ...underWay.map((other) => ({ ...other, isProbe: false })));
          }
          const probes = underWay.filter(
            ({ isProbe, since }) => isProbe && clock.monotonic() < since + 30_000,
          );
          if (probes.length > maxProbes) return false;
        }
        return true;
      },
    ),
    { numRuns: 300 },
  );
});
