import { CLOCK, RANDOM, controlLayer, provide } from '@interpose/core';
import { limit } from '@interpose/limit';
import { retry } from '@interpose/retry';
import { fakeClock, seededRandom, type FakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';

/** What a provider answers at a moment: whether it serves the request, and what it says of its limit. */
type Provider = (now: number) => { readonly served: boolean; readonly headers?: Record<string, string> };

/** Serves so many a second, with a bucket of so many. */
function bucket(perSecond: number, capacity: number, hints: 'none' | 'retry-after'): Provider {
  let tokens = capacity;
  let at = 0;
  return (now) => {
    tokens = Math.min(capacity, tokens + ((now - at) * perSecond) / 1000);
    at = now;
    const served = tokens >= 1;
    if (served) tokens -= 1;
    return { served, ...(hints === 'retry-after' && !served && { headers: { 'retry-after': '1' } }) };
  };
}

/** Serves so many in each second of the clock on its wall. */
function windows(perSecond: number): Provider {
  let [second, count] = [-1, 0];
  return (now) => {
    if (Math.floor(now / 1000) !== second) [second, count] = [Math.floor(now / 1000), 0];
    return { served: count++ < perSecond };
  };
}

const BODY = { choices: [{ index: 0, message: { content: 'x' }, finish_reason: 'stop' }] };

/** Ten workers, each with the next call as soon as the last has its answer; requests a second from 15 s to 60 s. */
async function settled(
  provider: Provider,
  clock: FakeClock = fakeClock(),
): Promise<{ sent: number; failed: number }> {
  const sentAt: number[] = [];
  const network = async (): Promise<Response> => {
    const now = clock.monotonic();
    sentAt.push(now);
    const { served, headers = {} } = provider(now);
    await clock.sleep(40);
    const error = { error: { code: 'rate_limit_exceeded', type: 'requests' } };
    return Response.json(served ? BODY : error, { status: served ? 200 : 429, headers });
  };
  const layer = controlLayer([provide(CLOCK, clock), provide(RANDOM, seededRandom(1)), retry(), limit()]);
  let failed = 0;
  const until = 60_000;
  const worker = async (): Promise<void> => {
    while (clock.monotonic() < until) {
      const init = { method: 'POST', body: '{"model":"m","messages":[]}' };
      const response = await layer.send('https://api.test/v1/chat/completions', init, { transport: network });
      await response.text();
      if (!response.ok && clock.monotonic() > 15_000) failed++;
    }
  };
  const work = Promise.all(Array.from({ length: 10 }, worker));
  await clock.advance('2m');
  await work;
  return { sent: sentAt.filter((at) => at >= 15_000 && at < until).length / 45, failed };
}

describe('a provider of 20 requests a second, asked by ten workers through retry and limit, is sent 16 to 24 a second', () => {
  test.each<[string, Provider]>([
    ['that only says 429, with a bucket of a second', bucket(20, 20, 'none')],
    ['that only says 429, with a bucket of three requests', bucket(20, 3, 'none')],
    ['that only says 429, with windows of a second', windows(20)],
    ['that asks to wait for a second', bucket(20, 20, 'retry-after')],
  ])('%s', async (_, provider) => {
    const { sent, failed } = await settled(provider);
    expect(sent).toBeGreaterThanOrEqual(16);
    expect(sent).toBeLessThanOrEqual(24);
    expect(failed).toBe(0);
  });
});
