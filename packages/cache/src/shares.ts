import { LightResponse, Reply, textBody, type Call } from '@interpose/core';
import type { Flight, Landing } from './flight.ts';
import { CACHE_HEADER, extraOf, shownState, type CacheState } from './replay.ts';

type Stream = Extract<Landing, { kind: 'stream' }>;
type Failed = Extract<Landing, { kind: 'failed' }>;

/** One reader's reply of a stream that is shared. */
export function streamedReply(call: Call, landing: Stream, state: CacheState): Reply {
  const { reply: upstream, recording, startedAt } = landing;
  const headers = new Headers(upstream.headers);
  headers.delete('content-length');
  headers.set(CACHE_HEADER, state === 'miss' ? shownState(upstream) : state);
  const response = new LightResponse({ status: upstream.status, headers, body: null });
  return new Reply(call, response, {
    source: state === 'miss' ? upstream.source : 'cache',
    events: recording.reader(call.signal),
    isExtra: extraOf(call),
    ...(state === 'miss' && { startedAt }),
  });
}

/** The same word of the provider's, for another call. */
export function copyOf({ reply, text }: Failed, call: Call): Reply {
  const headers = new Headers(reply.headers);
  headers.set(CACHE_HEADER, 'coalesced');
  const response = new LightResponse({ status: reply.status, headers, body: textBody(text) });
  return new Reply(call, response, { source: 'cache' });
}

/** A reply that only one can have ends with its call. */
export function bound(reply: Reply, signal: AbortSignal, flight: Flight): Reply {
  const abort = (): void => flight.stop(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  void reply.outcome.then(() => signal.removeEventListener('abort', abort));
  return reply;
}
