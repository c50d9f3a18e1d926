import { describe, expect, test } from 'vitest';
import { ask, data, done, finish, layerOver, piece, role, source, turn } from './core.test-support.ts';
import { systemClock, type Clock } from './clock.ts';
import { CLOCK, provide, type Interceptor, type Outcome } from './index.ts';

interface Timer {
  readonly ms: number;
  readonly ring: () => void;
  over: boolean;
}

/** A clock whose timers ring when they are told to. */
function manual(): { clock: Clock; timers: Timer[] } {
  const timers: Timer[] = [];
  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer: Timer = { ms, ring: resolve, over: false };
      timers.push(timer);
      signal?.addEventListener('abort', () => {
        timer.over = true;
        reject(signal.reason as Error);
      });
    });
  return { clock: { ...systemClock, sleep }, timers };
}

/** A layer that looks at a stream of these chunks, and what came of it. */
async function looked(chunks: readonly (string | undefined)[]) {
  const { clock, timers } = manual();
  const provider = source(chunks);
  const outcomes: Promise<Outcome>[] = [];
  const look: Interceptor = (next) => async (call) => {
    const reply = await next(call);
    outcomes.push(reply.outcome);
    return reply.mapText(() => ({ push: (text) => text.toUpperCase(), end: () => '' }));
  };
  const layer = layerOver(async () => provider.response, [provide(CLOCK, clock), look]);
  const response = await ask(layer, {}, { stream: true });
  return { text: response.text(), timers, provider, outcome: outcomes[0] };
}

describe('a stream that has said all', () => {
  test('ends whole, though the provider does not close it', async () => {
    const { text, timers, provider, outcome } = await looked([
      role,
      piece('hi'),
      finish('stop'),
      done,
      undefined,
    ]);
    while (timers.length === 0) await turn();
    expect(timers.map(({ ms, over }) => [ms, over])).toEqual([[5000, false]]);
    timers[0]?.ring();
    expect(await text).toMatch(/"HI".*\[DONE\]\n\n$/s);
    expect([provider.log.length, (await outcome)?.status]).toEqual([1, 'completed']);
  });

  test('is read to its end, and leaves no timer', async () => {
    const { text, timers, provider } = await looked([role, finish('stop'), done, data('more')]);
    expect(await text).toMatch(/\[DONE\]\n\ndata: "more"\n\n$/);
    expect([timers.length > 0, timers.every(({ over }) => over), provider.log]).toEqual([true, true, []]);
  });
});

test('a stream that has more to say is waited for', async () => {
  const { text, timers, provider } = await looked([role, piece('hi'), undefined]);
  for (let turns = 0; turns < 50; turns++) await turn();
  expect([timers, provider.log]).toEqual([[], []]);
  text.catch(() => {});
});
