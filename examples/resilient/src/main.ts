/**
 * Two fake providers on loopback, of which the first has a bad day: down, then limited, then stalling. What the callers of a
 * layer notice of it is told in a live table. Needs no key; ends by itself. `--seconds n` makes the day longer.
 */
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { breaker } from '@interpose/breaker';
import { detoured } from '@interpose/core';
import { fallback } from '@interpose/fallback';
import { limit } from '@interpose/limit';
import { interpose, layerOf } from '@interpose/openai';
import { retry } from '@interpose/retry';
import { fakeProvider } from '@interpose/testing';
import { timeout } from '@interpose/timeout';
import OpenAI from 'openai';
import { BadDay } from './bad-day.ts';
import { Screen } from './screen.ts';
import { Tally } from './tally.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
const seconds = Number(values.seconds);
const CALLS_PER_SECOND = 20;

const day = new BadDay();
await using primary = await fakeProvider({ replies: day.reply });
await using secondary = await fakeProvider({ replies: { latency: 60, text: 'All is well elsewhere.' } });

const tally = new Tally();
const circuit = breaker({
  trip: { consecutive: 3 },
  openFor: '500ms',
  maxOpenFor: '1s',
  onChange: ({ from, to, failure }) =>
    tally.notice(`the breaker of the primary: ${from} to ${to}${failure ? ` (${failure.kind})` : ''}`),
});

const openai = interpose(new OpenAI({ apiKey: 'not-a-key', baseURL: primary.baseURL }), [
  fallback([
    { name: 'backup', client: new OpenAI({ apiKey: 'not-a-key-either', baseURL: secondary.baseURL }) },
  ]),
  retry({ maxAttempts: 2, maxDelay: '200ms' }),
  circuit,
  limit({ maxWait: '300ms' }),
  timeout({ firstContent: '800ms', betweenContent: '800ms' }),
]);
layerOf(openai)?.events.on(detoured, ({ data }) => void (moves[data.reason] = (moves[data.reason] ?? 0) + 1));
const moves: Record<string, number> = {};

/** Asks for a stream, and says who answered it. */
async function ask(): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'How is it going?' }];
  try {
    const { data, response } = await openai.chat.completions
      .create({ model: 'gpt-4o-mini', messages, stream: true })
      .withResponse();
    let begun = false;
    try {
      for await (const chunk of data) begun ||= Boolean(chunk.choices[0]?.delta.content);
      tally.add({ by: response.headers.get('x-interpose-answered-by') ?? 'primary' });
    } catch (error) {
      tally.add('cut');
      tally.notice(`a caller got half an answer and an error: ${(error as Error).name}`);
    }
  } catch (error) {
    tally.add('failed');
    tally.notice(`a caller got an error: ${(error as Error).message}`);
  }
}

const screen = new Screen(process.stdout);
const began = performance.now();
const underWay: Promise<void>[] = [];
const seen = { primary: 0, backup: 0 };
for (let tick = 0; tick < seconds * 2; tick++) {
  day.moveTo(tick / (seconds * 2));
  for (let call = 0; call < CALLS_PER_SECOND / 2; call++) {
    underWay.push(ask());
    await sleep(500 / (CALLS_PER_SECOND / 2));
  }
  screen.show({
    seconds: (performance.now() - began) / 1000,
    phase: day.phase,
    breaker: circuit.states()[0]?.state ?? 'closed',
    primary: primary.requests.length - seen.primary,
    backup: secondary.requests.length - seen.backup,
    counts: tally.take(),
    notices: tally.notices,
  });
  seen.primary = primary.requests.length;
  seen.backup = secondary.requests.length;
}
await Promise.all(underWay);
await layerOf(openai)?.close();

const { calls, by, failed, cut } = tally.total;
console.log(
  `\n${calls} calls: ${by['primary'] ?? 0} answered by the primary, ${by['backup'] ?? 0} by the backup, ${failed} failed, ${cut} cut.`,
);
console.log(
  `Why calls went to the backup: ${Object.entries(moves)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ')}.`,
);
