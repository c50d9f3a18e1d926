import { CLOCK, Failure, RANDOM, controlLayer, provide } from '@interpose/core';
import { decorrelated, exponential, retry, type Delay } from '@interpose/retry';
import { callOf, fakeClock, scripted, seededRandom, type ScriptedAnswer } from '@interpose/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const ms = fc.integer({ min: 1, max: 3_600_000 });
const common = { call: callOf(), failure: new Failure('server') };

describe('for every base, maxDelay, number of failures and draw', () => {
  test('full jitter stays from 0 to the smaller of maxDelay and base * 2^(n-1)', () => {
    fc.assert(
      fc.property(ms, ms, fc.integer({ min: 1, max: 2000 }), unit, (base, maxMs, failures, draw) => {
        const wait = exponential(base)({ ...common, failures, previousMs: 0, maxMs, random: () => draw });
        return wait >= 0 && wait <= Math.min(maxMs, base * 2 ** (failures - 1));
      }),
    );
  });

  test('decorrelated jitter stays from base to three times the last wait, and within maxDelay', () => {
    fc.assert(
      fc.property(ms, ms, fc.array(unit, { minLength: 1, maxLength: 30 }), (base, maxMs, draws) => {
        let previousMs = 0;
        return draws.every((draw, at) => {
          const most = Math.min(maxMs, 3 * Math.max(base, previousMs));
          previousMs = decorrelated(base)({
            ...common,
            failures: at + 1,
            previousMs,
            maxMs,
            random: () => draw,
          });
          return previousMs >= Math.min(base, maxMs) && previousMs <= most;
        });
      }),
    );
  });
});

const OK = { choices: [{ index: 0, message: { content: 'x' }, finish_reason: 'stop' }] };

/** The waits and the requests of one call to a provider that answers like this. */
async function waitsOf(
  answers: readonly ScriptedAnswer[],
  options: Parameters<typeof retry>[0],
  seed: number,
): Promise<{ waits: readonly number[]; requests: number }> {
  const clock = fakeClock();
  const handler = scripted(answers);
  const plugins = [provide(CLOCK, clock), provide(RANDOM, seededRandom(seed)), retry(options), () => handler];
  const layer = controlLayer(plugins);
  const state = { open: true };
  const end = (): void => void (state.open = false);
  layer.fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body: '{}' }).then(end, end);
  while (state.open) await clock.advance('2h');
  return { waits: clock.waits, requests: handler.calls.length };
}

const seconds = fc.oneof(
  fc.integer({ min: 0, max: 3600 }),
  fc.double({ min: 0, max: 3600, noNaN: true }).map((value) => Number(value.toFixed(3))),
);
const epoch = fakeClock().now();

/** A header, and how long it asks to wait, in milliseconds. */
const asked = fc.oneof(
  seconds.map((value) => ({ name: 'retry-after', value: String(value), waitMs: value * 1000 })),
  seconds.map((value) => ({ name: 'retry-after-ms', value: String(value * 1000), waitMs: value * 1000 })),
  fc.integer({ min: 0, max: 3600 }).map((value) => {
    const date = new Date(epoch + value * 1000);
    return { name: 'Retry-After', value: date.toUTCString(), waitMs: value * 1000 };
  }),
);

describe('whatever wait from 0 to 3600 s is asked for, in ms, in seconds or as a date', () => {
  test('no attempt comes earlier, and none at all where it is above maxRetryAfter', async () => {
    await fc.assert(
      fc.asyncProperty(asked, seconds, fc.integer(), async ({ name, value, waitMs }, maxS, seed) => {
        const maxRetryAfter = Math.round(maxS * 1000);
        const failing = { status: 429, headers: { [name]: value }, body: {} };
        const { waits, requests } = await waitsOf([failing, OK], { maxRetryAfter }, seed);
        // The header is written in decimal, and a thousandth of a millisecond does not matter.
        const tolerance = 1e-6;
        if (Math.abs(waitMs - maxRetryAfter) <= tolerance) return true;
        if (waitMs > maxRetryAfter) return requests === 1 && waits.length === 0;
        return requests === 2 && (waits[0] ?? -1) >= waitMs - tolerance;
      }),
      { numRuns: 300 },
    );
  });
});

test('whatever a function of the user answers, the wait is a number from 0 to maxDelay', async () => {
  const anything = fc.oneof(fc.double(), fc.integer(), fc.anything()) as fc.Arbitrary<number>;
  await fc.assert(
    fc.asyncProperty(anything, ms, async (chosen, maxDelay) => {
      const delay: Delay = () => chosen;
      const { waits } = await waitsOf([{ status: 503 }, OK], { delay, maxDelay }, 1);
      return waits.length === 1 && waits.every((wait) => wait >= 0 && wait <= maxDelay);
    }),
    { numRuns: 300 },
  );
});

test('whatever succeeds and fails, retries are never more than what the budget held and earned', async () => {
  const course = fc.array(fc.boolean(), { minLength: 1, maxLength: 120 });
  const budgets = fc.record({
    capacity: fc.integer({ min: 0, max: 20 }),
    perSuccess: fc.double({ min: 0, max: 1, noNaN: true }),
    perMinute: fc.integer({ min: 0, max: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(course, budgets, async (up, budget) => {
      const clock = fakeClock();
      const answers = up.map((fine) => (fine ? OK : { status: 503 }));
      let calls = 0;
      let successes = 0;
      const layer = controlLayer([
        provide(CLOCK, clock),
        retry({ budget, delay: () => 100 }),
        () => (call) => scripted([answers[calls - 1] ?? OK])(call),
      ]);
      let requests = 0;
      layer.events.on('*', ({ type }) => void (type === 'attempt' && requests++));
      for (const fine of up) {
        calls++;
        const state = { open: true };
        const end = (): void => void (state.open = false);
        layer
          .fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body: '{}' })
          .then(end, end);
        while (state.open) await clock.advance(100);
        if (fine) successes++;
      }
      const earned = successes * budget.perSuccess + (clock.monotonic() / 60_000) * budget.perMinute;
      expect(requests - calls).toBeLessThanOrEqual(budget.capacity + earned + 1e-6);
    }),
    { numRuns: 40 },
  );
});
