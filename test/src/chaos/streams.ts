import { layerOf, tags } from '@interpose/openai';
import { fakeProvider } from '@interpose/testing';
import { APIUserAbortError } from 'openai';
import { openBooks, sumsOf } from './books.ts';
import { clientOf, limitOf, stored } from './client.ts';
import { ASKED, ONE, cost, type Store } from './order.ts';

/** What became of streams that were not read to their end. */
export interface LeftStreams {
  readonly streams: number;
  /** How many of them are in the report, each under a name of its own. */
  readonly posted: number;
  /** How many of those cost nothing, or were asked nothing. */
  readonly free: number;
  /** In nano-USD: by our books, and by the provider's account. */
  readonly spent: number;
  readonly served: number;
  readonly held: number;
}

/** Leaves and aborts streams at every chunk, also such that ask for no usage. */
export async function leaveStreams(store: Store, streams: number): Promise<LeftStreams> {
  await using provider = await fakeProvider();
  const openai = clientOf({ baseURL: provider.baseURL }, { limits: [limitOf(streams * ONE)] }, stored(store));

  async function leave(number: number): Promise<void> {
    const controller = new AbortController();
    const usage = [
      {},
      { stream_options: { include_usage: false } },
      { stream_options: { include_usage: true } },
    ];
    const stream = await openai.chat.completions.create(
      { ...ASKED, ...usage[number % 3], stream: true },
      { ...tags({ tenant: `t${number}` }), signal: controller.signal },
    );
    // After no chunk, one, two, ... and some are read to their end.
    let left = number % 14;
    try {
      if (left === 0) controller.abort();
      for await (const _chunk of stream) {
        if (--left > 0) continue;
        if (number % 2 === 0) controller.abort();
        else break;
      }
    } catch (error) {
      if (!(error instanceof APIUserAbortError)) throw error;
    }
  }

  for (let done = 0; done < streams; done += 100) {
    const some = Array.from({ length: Math.min(100, streams - done) }, (_, index) => leave(done + index));
    await Promise.all(some);
  }
  await layerOf(openai)?.close();
  await using ledger = openBooks(store);
  const rows = await ledger.spend({ by: ['tenant'] });
  return {
    streams,
    posted: rows.length,
    free: rows.filter(({ cost: paid, inputTokens }) => paid === 0 || inputTokens === 0).length,
    ...(await sumsOf(ledger)),
    served: provider.ledger.entries.reduce((sum, entry) => sum + cost(entry), 0),
  };
}
