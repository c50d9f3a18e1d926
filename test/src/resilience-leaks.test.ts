import { getEventListeners } from 'node:events';
import { breaker } from '@interpose/breaker';
import { CLOCK, RANDOM, controlLayer, provide, type StackEntry } from '@interpose/core';
import { fallback, hedge } from '@interpose/fallback';
import { limit } from '@interpose/limit';
import { retry } from '@interpose/retry';
import { route } from '@interpose/route';
import { fakeClock, seededRandom } from '@interpose/testing';
import { timeout } from '@interpose/timeout';
import { expect, test } from 'vitest';

const BODY = { choices: [{ index: 0, message: { content: 'x' }, finish_reason: 'stop' }] };

test('10,000 calls through the whole stack, a third of them left in some phase: no timer, no listener, no request stays', async () => {
  const clock = fakeClock();
  const random = seededRandom(7);
  const open = new Set<number>();
  let requests = 0;
  /** Answers well, badly, slowly or never; and ends with the signal of whoever asked, as a network does. */
  const network = async (_input: unknown, init?: RequestInit): Promise<Response> => {
    const number = requests++;
    open.add(number);
    try {
      const fate = random.next();
      await clock.sleep(fate < 0.1 ? 3_600_000 : fate * 400, init?.signal ?? undefined);
      return Response.json(fate < 0.4 ? { error: { code: null } } : BODY, { status: fate < 0.4 ? 503 : 200 });
    } finally {
      open.delete(number);
    }
  };
  const targets = { small: { model: 'small' }, large: { model: 'large' } };
  const stack: StackEntry[] = [
    fallback([{ model: 'backup' }]),
    route({ targets, rules: [{ to: ['small', 'large'] }], strategy: 'fastest' }),
    hedge({ after: 150, maxShare: 0.2 }),
    retry({ maxAttempts: 2 }),
    breaker({ trip: { share: 0.9 }, openFor: 50, maxOpenFor: 200 }),
    limit({ concurrency: 5000, maxWait: '1s' }),
    timeout({ attempt: 350 }),
  ];
  const layer = controlLayer([provide(CLOCK, clock), provide(RANDOM, seededRandom(1)), ...stack]);
  const signals: AbortSignal[] = [];
  const ends = { answered: 0, left: 0, failed: 0 };
  let late = 0;

  const ask = async (number: number): Promise<void> => {
    const leaving = new AbortController();
    signals.push(leaving.signal);
    const init = { method: 'POST', body: '{"model":"m","messages":[]}', signal: leaving.signal };
    const work = layer.send('https://api.test/v1/chat/completions', init, { transport: network });
    let leftAt = Infinity;
    if (number % 3 === 0) {
      void clock.sleep(random.next() * 300).then(() => {
        leftAt = clock.monotonic();
        leaving.abort(new Error('gone'));
      });
    }
    try {
      const response = await work;
      await response.text();
      ends[response.ok ? 'answered' : 'failed']++;
    } catch (error) {
      if ((error as Error).message !== 'gone') throw error;
      ends.left++;
      if (clock.monotonic() > leftAt) late++;
    }
  };
  const underWay: Promise<void>[] = [];
  for (let number = 0; number < 10_000; number++) {
    underWay.push(ask(number));
    if (number % 50 === 49) await clock.advance(20);
  }
  await clock.advance('10m');
  await Promise.all(underWay);
  await layer.close();

  expect(ends.answered + ends.left + ends.failed).toBe(10_000);
  expect([ends.answered > 1000, ends.left > 1000, ends.failed > 100, late]).toEqual([true, true, true, 0]);
  expect([clock.pending, open.size]).toEqual([0, 0]);
  expect(signals.reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0)).toBe(0);
}, 60_000);
