import { Reply, LightResponse, type EventFeed, type StreamEvent } from '@interpose/core';
import { feedOf, headOf } from './hearing.ts';
import type { Judge } from './judge.ts';
import type { Verdict } from './verdict.ts';

/** What a stream that is handed on as it comes is judged with. */
export interface LiveInit {
  readonly judge: Judge;
  readonly early: boolean;
  readonly isExtra: ((data: unknown) => boolean) | undefined;
  readonly startedAt: number;
  /** Makes the error that ends the stream; reports what was found. */
  readonly ended: (verdict: Verdict, stoppedEarly: boolean) => Error | undefined;
}

/** Judges a stream of which nothing but the shape is to be looked at, while it passes. */
export function judgedInPassing(reply: Reply, init: LiveInit): Reply {
  const look = looking(reply, init);
  return reply.tap({
    event(event) {
      const { verdict, early } = look(event) ?? {};
      const error = verdict && init.ended(verdict as Verdict, early === true);
      if (error) throw error;
    },
  });
}

/** Judges a stream that has to wait for its judges at the end: what ends it is held back until then. */
export function judgedAtTheEnd(reply: Reply, init: LiveInit): Reply {
  const { call, source } = reply;
  const look = looking(reply, init);
  const feed = feedOf(reply);
  const judged: EventFeed = {
    async next() {
      const events = await feed.next();
      for (const event of events ?? []) {
        const found = look(event);
        if (!found) continue;
        try {
          const error = init.ended(await found.verdict, found.early);
          if (error) throw error;
        } catch (error) {
          await feed.cancel(error).catch(() => {});
          throw error;
        }
      }
      return events;
    },
    cancel: (reason) => feed.cancel(reason),
  };
  const response = new LightResponse({ ...headOf(reply), body: null });
  const { isExtra, startedAt } = init;
  return new Reply(call, response, { source, startedAt, isExtra, events: judged });
}

interface Found {
  readonly verdict: Verdict | Promise<Verdict>;
  /** Whether it was found before the end. */
  readonly early: boolean;
}

/** Looks at one event after the other; tells once what was found. */
function looking(reply: Reply, { judge, early }: LiveInit): (event: StreamEvent) => Found | undefined {
  const { operation } = reply.call;
  const completion = operation.completion();
  let over = false;
  return (event) => {
    if (over || event.done || !event.wellFormed) return undefined;
    const { json } = event;
    const inspection = operation.inspectEvent(json);
    // A provider's error is no answer.
    if (inspection.error !== undefined || event.type === 'error') over = true;
    if (over) return undefined;
    completion.event(json);
    let stopped: Verdict | undefined;
    if (early) stopped = judge.follow(inspection);
    else judge.read(inspection);
    over = stopped !== undefined || completion.whole;
    if (!over) return undefined;
    return stopped ? { verdict: stopped, early: true } : { verdict: judge.verdict(), early: false };
  };
}
