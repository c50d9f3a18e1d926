import { interpose } from '@interpose/openai';
import { fakeProvider, stallAfter } from '@interpose/testing';
import { TimeoutError, timeout } from '@interpose/timeout';
import { transport } from '@interpose/transport';
import OpenAI from 'openai';
import { median } from './paired.ts';

const STALLS = 200;
const LIMIT_MS = 250;
// The target: a stall is found at most this much after its limit, comments notwithstanding.
const TARGET_MS = 50;

/** Measures how late a stalled stream is found, though its provider keeps the connection alive. */
export async function reportStalls(): Promise<string> {
  await using provider = await fakeProvider({ replies: stallAfter(3, 10) });
  const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'bench' });
  const openai = interpose(bare, [timeout({ betweenContent: LIMIT_MS }), transport()]);
  // Once before it counts, so that nothing is compiled, and no connection opened, in the limits' time.
  await Promise.all(Array.from({ length: STALLS }, () => lateness(openai)));
  const late = await Promise.all(Array.from({ length: STALLS }, () => lateness(openai)));
  const most = Math.max(...late);
  return [
    `Stalls: ${STALLS} streams at once that stall and are kept alive every 10 ms, betweenContent ${LIMIT_MS} ms`,
    `  found ${median(late).toFixed(1)} ms after the limit in the median, ${most.toFixed(1)} ms at most  |  R7: at most ${TARGET_MS} ms`,
  ].join('\n');
}

async function lateness(openai: OpenAI): Promise<number> {
  const messages = [{ role: 'user' as const, content: 'hello' }];
  let last = performance.now();
  try {
    const stream = await openai.chat.completions.create({ model: 'bench', messages, stream: true });
    for await (const _ of stream) last = performance.now();
  } catch (error) {
    if (error instanceof TimeoutError) return performance.now() - last - LIMIT_MS;
    throw error;
  }
  throw new Error('bench: the stream did not stall');
}
