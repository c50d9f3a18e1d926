import {
  LightResponse,
  Reply,
  textBody,
  type EventFeed,
  type OutcomeUsage,
  type StreamEvent,
} from '@interpose/core';
import type { Judge } from './judge.ts';
import type { Verdict } from './verdict.ts';

/** The header that says how a valid answer came about, where it was not so at once: `mended`, `asked-again`. */
export const VALIDATE_HEADER = 'x-interpose-validate';

/** How a reply is handed on. */
interface Release {
  readonly verdict: Verdict | undefined;
  /** Of earlier attempts. */
  readonly spent: OutcomeUsage | undefined;
  readonly attempts: number;
}

/** A reply that was heard to its end, or as far as it was worth. */
export interface Hearing {
  /** Undefined where there is nothing to judge: it failed, was cut off, or is something else than an answer. */
  readonly verdict: Verdict | undefined;
  /** Whether it was stopped before its end. */
  readonly stoppedEarly: boolean;
  /** What the caller gets of it. */
  release(release: Release): Reply | Promise<Reply>;
  /** What it used. For one that is not released. */
  used(): Promise<OutcomeUsage | undefined>;
}

/** What a hearing needs to know of its surroundings. */
export interface HearingInit {
  readonly judge: Judge;
  /** When the call was sent for the first time, by the monotonic clock. */
  readonly startedAt: number;
  /** Tells the events that came only because usage was asked for. */
  readonly isExtra: ((data: unknown) => boolean) | undefined;
  readonly early: boolean;
}

/** Hears a plain reply: whole. */
export async function hearPlain(reply: Reply, init: HearingInit): Promise<Hearing> {
  const { outcome, call } = reply;
  let body: unknown;
  try {
    body = await reply.json();
  } catch (error) {
    if (call.signal.aborted) throw error;
    // It broke off, or is no JSON at all: whoever reads it is told.
    body = undefined;
  }
  const inspection = call.operation.inspectBody(body);
  const answered = inspection.terminal && inspection.error === undefined;
  if (answered) init.judge.read(inspection);
  return {
    verdict: answered ? await init.judge.verdict() : undefined,
    stoppedEarly: false,
    used: async () => (await outcome).usage,
    release({ verdict, spent, attempts }) {
      mend(reply, verdict, attempts);
      if (attempts === 1) return reply;
      return reply.text().then((text) => {
        const response = new LightResponse({ ...headOf(reply), body: textBody(text) });
        return new Reply(call, response, {
          source: reply.source,
          startedAt: init.startedAt,
          spent,
        });
      });
    },
  };
}

/** Hears a stream: holds back what comes until it can be judged. */
export async function hearStream(reply: Reply, init: HearingInit): Promise<Hearing> {
  const { call, source, outcome } = reply;
  const { judge, early, startedAt, isExtra } = init;
  const feed = feedOf(reply);
  const events: StreamEvent[] = [];
  const completion = call.operation.completion();
  let broke: { readonly error: unknown } | undefined;
  let failed = false;
  let verdict: Verdict | undefined;
  try {
    for (let batch = await feed.next(); batch && !verdict; batch = verdict ? batch : await feed.next()) {
      for (const event of batch) {
        events.push(event);
        if (event.done || !event.wellFormed) continue;
        const inspection = call.operation.inspectEvent(event.json);
        completion.event(event.json);
        failed ||= inspection.error !== undefined || event.type === 'error';
        if (early && !failed) verdict ??= judge.follow(inspection);
        else judge.read(inspection);
      }
    }
  } catch (error) {
    if (call.signal.aborted) throw error;
    broke = { error };
  }
  const stoppedEarly = verdict !== undefined;
  if (verdict) await feed.cancel(STOPPED);
  else if (!broke && !failed && completion.whole) verdict = await judge.verdict();
  return {
    verdict,
    stoppedEarly,
    used: async () => (await outcome).usage,
    release(release) {
      const response = new LightResponse({ ...headOf(reply), body: null });
      const replayed = new Reply(call, response, {
        source,
        startedAt,
        isExtra,
        spent: release.spent,
        events: replay(events, broke),
      });
      mend(replayed, release.verdict, release.attempts);
      return replayed;
    },
  };
}

const STOPPED = new Error('validate: the answer cannot become valid');

/** The events of a reply that is handed on in another one. */
export function feedOf(reply: Reply): EventFeed {
  // Somebody looks: otherwise the provider's own response would be handed on.
  void reply.outcome;
  const feed = (reply.deliver() as unknown as LightResponse).takeParsed('events');
  if (feed?.kind !== 'events') throw new TypeError('validate: a stream that has no events');
  return feed;
}

/** Status and headers of a reply, for another one with the same answer. */
export function headOf(reply: Reply): { readonly status: number; readonly headers: Headers } {
  const headers = new Headers(reply.headers);
  headers.delete('content-length');
  return { status: reply.status, headers };
}

/** Puts right what was nearly right, and says so. */
function mend(reply: Reply, verdict: Verdict | undefined, attempts: number): void {
  const mended = verdict?.mended;
  if (mended && mended.size > 0) {
    reply.mapText(({ id }) => {
      const text = mended.get(id);
      return text === undefined ? UNCHANGED : { push: () => '', end: () => text };
    });
  }
  const how = [...(mended && mended.size > 0 ? ['mended'] : []), ...(attempts > 1 ? ['asked-again'] : [])];
  if (how.length > 0) reply.setHeader(VALIDATE_HEADER, how.join(', '));
}

const UNCHANGED = { push: (text: string): string => text, end: (): string => '' };

function replay(events: readonly StreamEvent[], broke: { readonly error: unknown } | undefined): EventFeed {
  let rest: readonly StreamEvent[] | undefined = events;
  return {
    next: async () => {
      const all = rest;
      rest = undefined;
      if (all && all.length > 0) return all;
      if (broke) throw broke.error;
      return undefined;
    },
    cancel: async () => {
      rest = undefined;
    },
  };
}
