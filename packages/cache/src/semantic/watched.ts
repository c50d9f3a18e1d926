import { ask, type Call, type Clock, type Handler, type Reply } from '@interpose/core';
import { keptHeaders, type Entry } from '../entry.ts';
import { Recording } from '../recording.ts';
import { CACHE_HEADER, shownState } from '../replay.ts';
import { streamedReply } from '../shares.ts';
import { reasonNotToKeep, type SkipReason } from '../worth-keeping.ts';

/** What of a reply can be given again. */
export type Said = Pick<Entry, 'headers' | 'form' | 'text'>;

/** Options of {@link watched}. */
export interface WatchOptions {
  readonly clock: Clock;
  readonly maxBytes: number;
  /** Called at most once, when the reply is whole: with what it says, or why that is not to be given again. */
  readonly onEnd: (said: Said | SkipReason) => void;
}

/** Has a call answered, and takes down what is said while the caller reads it. */
export async function watched(call: Call, next: Handler, options: WatchOptions): Promise<Reply> {
  // Asked for here and not by the context, so that it is among the events: they are for those who want it, and not.
  const params = call.operation.streamUsage?.ask(call.params) ?? call.params;
  const startedAt = options.clock.monotonic();
  const reply = await ask(next, params === call.params ? call : call.with({ params }));
  if (!reply.ok) return reply;
  const { outcome } = reply;
  if (reply.streamed) return streaming(call, reply, startedAt, options);
  let text: string;
  try {
    text = await reply.text();
  } catch (error) {
    if (call.signal.aborted) throw error;
    // It is no JSON, or broke off: whoever reads it is told.
    return reply;
  }
  const said: Said = { headers: keptHeaders(reply.headers), form: 'body', text };
  options.onEnd(reasonNotToKeep(call, reply, await outcome) ?? fitting(said, options.maxBytes));
  return reply.setHeader(CACHE_HEADER, shownState(reply));
}

function streaming(
  call: Call,
  reply: Reply,
  startedAt: number,
  { clock, maxBytes, onEnd }: WatchOptions,
): Reply {
  const recording = new Recording(reply, {
    clock,
    maxBytes,
    // It cancels the feed, and nobody else waits for it.
    stop: () => {},
    onForget: () => {},
    onEnd: ({ outcome, text }) => {
      const { headers } = recording;
      const said = text === undefined ? 'too_large' : fitting({ headers, form: 'events', text }, maxBytes);
      onEnd(reasonNotToKeep(call, reply, outcome) ?? said);
    },
  });
  return streamedReply(call, { kind: 'stream', reply, recording, startedAt }, 'miss');
}

function fitting(said: Said, maxBytes: number): Said | SkipReason {
  return Buffer.byteLength(said.text) > maxBytes ? 'too_large' : said;
}
