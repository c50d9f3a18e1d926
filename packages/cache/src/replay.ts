import {
  LightHeaders,
  LightResponse,
  Reply,
  SseDecoder,
  StreamEvent,
  textBody,
  type Call,
  type Clock,
  type EventFeed,
} from '@interpose/core';
import type { Entry } from './entry.ts';

/**
 * How an answer came about, as the header `x-interpose-cache` tells it. `semantic` is what another question was answered:
 * see `semanticCache`.
 */
export type CacheState = 'hit' | 'miss' | 'stale' | 'coalesced' | 'semantic';

/** The header that says how an answer came about. */
export const CACHE_HEADER = 'x-interpose-cache';

/** What the header is to say of a reply that was asked for: where a cache further in answered, what that one said. */
export function shownState({ source, headers }: Reply): string {
  return (source === 'cache' ? headers.get(CACHE_HEADER) : null) ?? 'miss';
}

/** How fast streams are replayed: at once, or as they came. */
export type Pace = 'instant' | 'recorded';

/**
 * Answers a call with an entry, in the form that the call asks for: what was stored as a stream is added up for a plain
 * request, what was stored plain is played back as a stream. Undefined where the operation cannot do that.
 */
export function replayed(entry: Entry, call: Call, state: CacheState, pace: Pace): Reply | undefined {
  const { clock } = call.runtime;
  const ageMs = Math.max(0, clock.now() - entry.storedAt);
  const fields: Record<string, string> = Object.fromEntries(entry.headers);
  fields[CACHE_HEADER] = state;
  // RFC 9111, section 5.1: in whole seconds.
  fields['age'] = String(Math.floor(ageMs / 1000));
  if (!call.streamed) {
    const text = bodyOf(entry, call);
    if (text === undefined) return undefined;
    fields['content-type'] = 'application/json';
    const parsed = { kind: 'json', value: async () => JSON.parse(text) as unknown } as const;
    const response = new LightResponse({ ...whole(fields), body: textBody(text), parsed });
    return new Reply(call, response, { source: 'cache' });
  }
  const events = eventsOf(entry, call);
  if (events.length === 0) return undefined;
  fields['content-type'] = 'text/event-stream; charset=utf-8';
  const delaysMs = pace === 'recorded' ? entry.delaysMs : undefined;
  const feed = delaysMs ? paced(events, delaysMs, clock, call.signal) : atOnce(events);
  return new Reply(call, new LightResponse({ ...whole(fields), body: null }), {
    source: 'cache',
    events: feed,
    isExtra: extraOf(call),
  });
}

function whole(fields: Readonly<Record<string, string>>): { status: number; headers: Headers } {
  return { status: 200, headers: new LightHeaders(fields) };
}

/** Tells the events that a call did not ask for: where usage comes on request only, entries have it all the same. */
export function extraOf(call: Call): ((data: unknown) => boolean) | undefined {
  const { streamUsage } = call.operation;
  return streamUsage && streamUsage.ask(call.params) !== call.params ? streamUsage.isExtra : undefined;
}

function bodyOf({ form, text }: Entry, call: Call): string | undefined {
  if (form === 'body') return text;
  const events = decoded(text).filter((event) => !event.done);
  const body = call.operation.assemble(events.map((event) => event.json));
  return body === undefined ? undefined : JSON.stringify(body);
}

function eventsOf({ form, text }: Entry, call: Call): readonly StreamEvent[] {
  if (form === 'events') return decoded(text);
  const { doneMarker } = call.operation;
  // With the usage, which is taken out again where it was not asked for.
  const played = call.operation.playback(JSON.parse(text));
  if (played.length === 0) return [];
  const events = played.map((json) => StreamEvent.of(json, doneMarker ? undefined : typeOf(json)));
  return doneMarker ? [...events, ...decoded(DONE)] : events;
}

const DONE = 'data: [DONE]\n\n';

function typeOf(json: unknown): string | undefined {
  const type = (json as { type?: unknown } | null)?.type;
  return typeof type === 'string' ? type : undefined;
}

function decoded(text: string): readonly StreamEvent[] {
  const decoder = new SseDecoder();
  return [...decoder.push(Buffer.from(text)), ...decoder.end()];
}

function atOnce(events: readonly StreamEvent[]): EventFeed {
  let rest: readonly StreamEvent[] | undefined = events;
  return {
    next: async () => {
      const all = rest;
      rest = undefined;
      return all;
    },
    cancel: async () => {
      rest = undefined;
    },
  };
}

function paced(
  events: readonly StreamEvent[],
  delaysMs: readonly number[],
  clock: Clock,
  signal: AbortSignal,
): EventFeed {
  let position = 0;
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  return {
    next: async () => {
      const event = events[position];
      if (!event || over.signal.aborted) return undefined;
      const delay = delaysMs[position] ?? 0;
      position++;
      try {
        if (delay > 0) await clock.sleep(delay, either);
      } catch (error) {
        if (!signal.aborted) return undefined;
        throw error;
      }
      return [event];
    },
    cancel: async () => over.abort(),
  };
}
