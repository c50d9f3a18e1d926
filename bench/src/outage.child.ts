/** Lives through the bad day of a provider with one stack; see outage.ts. */
import { breaker } from '@interpose/breaker';
import { CLOCK, provide, type StackEntry } from '@interpose/core';
import { fallback } from '@interpose/fallback';
import { limit } from '@interpose/limit';
import { interpose } from '@interpose/openai';
import { retry } from '@interpose/retry';
import { timeout } from '@interpose/timeout';
import OpenAI from 'openai';
import {
  BACKUP,
  CALLS,
  LATENCY_MS,
  LIMIT_PER_SECOND,
  PHASES,
  SECONDS,
  type OutageResult,
  type OutageSubject,
} from './bad-day.ts';
import { virtualTime } from './virtual-time.ts';

const clock = virtualTime(1);
const requests = Array.from({ length: SECONDS }, () => 0);
const answered = Array.from({ length: SECONDS }, () => 0);
const elsewhere = Array.from({ length: SECONDS }, () => 0);
const retried = Array.from({ length: SECONDS }, () => 0);

/** The second of the day, the last one for what comes after it. */
const second = (): number => Math.min(SECONDS - 1, Math.floor(clock.monotonic() / 1000));

const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Well.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
});

function json(status: number, body: string): Response {
  return new Response(body, { status, headers: { 'content-type': 'application/json' } });
}

let tokens = LIMIT_PER_SECOND;
let filledAt = 0;

/** Whether the bucket of the limited provider has room for one more. */
function hasRoom(): boolean {
  const now = clock.monotonic();
  tokens = Math.min(LIMIT_PER_SECOND, tokens + ((now - filledAt) / 1000) * LIMIT_PER_SECOND);
  filledAt = now;
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

/** Both providers: the one that has a bad day, and the other that has none. */
async function network(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const at = second();
  const url = String(input instanceof Request ? input.url : input);
  if (url.startsWith(BACKUP)) {
    elsewhere[at]!++;
    await clock.sleep(LATENCY_MS);
    return json(200, ANSWER);
  }
  requests[at]!++;
  if (Number(new Headers(init?.headers).get('x-stainless-retry-count') ?? 0) > 0) retried[at]!++;
  const phase = PHASES.find(({ until }) => clock.monotonic() < until * 1000) ?? PHASES.at(-1);
  const status = phase?.name === 'down' ? 503 : phase?.name === 'limited' && !hasRoom() ? 429 : 200;
  await clock.sleep(status === 200 ? LATENCY_MS : LATENCY_MS / 4);
  const code = status === 429 ? 'rate_limit_exceeded' : null;
  return json(
    status,
    status === 200 ? ANSWER : JSON.stringify({ error: { message: 'no', type: 'x', code } }),
  );
}

const subject = process.argv[2] as OutageSubject;
const options = { apiKey: 'test', baseURL: 'https://primary.test/v1', fetch: network };
const backup = new OpenAI({ ...options, baseURL: BACKUP });

const STACKS: Readonly<Record<OutageSubject, (() => StackEntry[]) | undefined>> = {
  'bare client': undefined,
  'retry alone': () => [retry()],
  'whole stack': () => [
    fallback([{ name: 'backup', client: backup }]),
    retry(),
    breaker(),
    limit({ maxWait: '1s' }),
    timeout({ attempt: '30s' }),
  ],
};

const bare = new OpenAI(options);
const stack = STACKS[subject];
const client = stack ? interpose(bare, [...stack(), provide(CLOCK, clock)]) : bare;

let calls = 0;
const underWay: Promise<void>[] = [];
for (let tick = 0; tick < SECONDS * 20; tick++) {
  const due = Math.floor(((tick + 1) * CALLS) / (SECONDS * 20));
  for (; calls < due; calls++) {
    const began = second();
    const messages = [{ role: 'user' as const, content: `How are you, ${calls}?` }];
    underWay.push(
      client.chat.completions.create({ model: 'gpt-4o-mini', messages }).then(
        () => void answered[began]!++,
        () => {},
      ),
    );
  }
  await clock.advance(50);
}
await clock.advance('5m');
await Promise.all(underWay);
const result: OutageResult = { requests, retried, answered, elsewhere };
process.send?.(result, () => process.disconnect());
