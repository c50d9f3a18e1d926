import { abortable, classify, hit, type Call, type Handler, type Reply } from '@interpose/core';
import { looked } from './cache-events.ts';
import type { CacheSettings } from './cache-options.ts';
import { entryOf, type Entry } from './entry.ts';
import type { Flight, Landing } from './flight.ts';
import { Flights, type Asked, type CacheServices } from './flights.ts';
import type { Recording } from './recording.ts';
import { CACHE_HEADER, replayed, shownState, type CacheState } from './replay.ts';
import { bound, copyOf, streamedReply } from './shares.ts';
import { Shelf } from './shelf.ts';

/** Answers calls with what was answered before, or is being answered now; or has them answered, and keeps that. */
export class Reuse {
  readonly #settings: CacheSettings;
  readonly #shelf: Shelf;
  readonly #flights: Flights;
  readonly #closing = new AbortController();

  constructor(services: CacheServices) {
    const { settings, store, clock } = services;
    this.#settings = settings;
    this.#shelf = new Shelf(store, clock, settings.codec);
    this.#flights = new Flights(services, this.#shelf);
  }

  async answer(asked: Asked, next: Handler): Promise<Reply> {
    const { call, key, control } = asked;
    call.signal.throwIfAborted();
    while (control.mode !== 'refresh') {
      const flight = this.#flights.get(key);
      const known = flight && !flight.background ? undefined : await this.#read(asked);
      const reply = known && this.#reused(known, asked, next);
      if (reply) return reply;
      // Which may have begun while the store was read.
      const joined = this.#flights.get(key);
      if (!joined) break;
      const shared = await this.#follow(joined, asked);
      if (shared) return shared;
    }
    const flight = this.#flights.launch(asked, next, false);
    const reply = await flight.share(call.signal, (landing) => this.#shareOf(landing, asked, flight));
    return reply ?? next(call);
  }

  async #read({ call, key }: Asked): Promise<Entry | undefined> {
    const read = this.#shelf.read(call, key);
    return read instanceof Promise ? abortable(read, call.signal) : read;
  }

  /** Stops what nobody waits for, and waits for what is being kept. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#flights.settle();
  }

  /** An entry as an answer; a stale one is renewed. */
  #reused(entry: Entry, asked: Asked, next: Handler): Reply | undefined {
    const { call } = asked;
    const ageMs = this.#shelf.ageMs(entry);
    const state: CacheState = ageMs < entry.ttlMs ? 'hit' : 'stale';
    if (ageMs >= entry.ttlMs + this.#settings.staleMs) return undefined;
    const reply = replayed(entry, call, state, this.#settings.pace);
    if (!reply) return undefined;
    this.#report(call, state, ageMs);
    // One that keeps nothing would pay for an answer that nobody gets.
    const renews = state === 'stale' && asked.control.mode !== 'no-store';
    if (renews && !this.#flights.get(asked.key)) this.#renew(asked, next);
    return reply;
  }

  /** Asks anew, for nobody in particular. */
  #renew(asked: Asked, next: Handler): void {
    const call = asked.call.with({ signal: this.#closing.signal });
    const flight = this.#flights.launch({ ...asked, call }, next, true);
    flight
      .share(call.signal, async (landing) => {
        if (landing.kind !== 'stream') return;
        const reader = landing.recording.reader(call.signal);
        while (await reader.next());
      })
      // What failed is on the event channel, by the units beneath; the stale answer stays.
      .catch(() => {});
  }

  /** Waits with others. Undefined where the call has to go its own way. */
  async #follow(flight: Flight, asked: Asked): Promise<Reply | undefined> {
    const { signal } = asked.call;
    try {
      return await flight.share(signal, (landing) => this.#shareOf(landing, asked, undefined));
    } catch (error) {
      // What one caller was refused, or had no time for, another one may be allowed.
      const { kind } = classify(error, signal);
      if (signal.aborted || !['refused', 'aborted', 'timeout'].includes(kind)) throw error;
      return undefined;
    }
  }

  /** What a call gets of a landing. @param lead the flight, for the call that it was begun for */
  #shareOf(
    landing: Landing,
    asked: Asked,
    lead: Flight | undefined,
  ): Reply | Promise<Reply | undefined> | undefined {
    const { call } = asked;
    const state = lead && landing.kind !== 'entry' ? 'miss' : 'coalesced';
    switch (landing.kind) {
      case 'stream':
        // Between the landing and here it may have been stopped, or have grown too long.
        if (!lead && !landing.recording.open) return undefined;
        if (!call.streamed) return this.#addedUp(landing.recording, asked);
        this.#report(call, state);
        return streamedReply(call, landing, state);
      case 'failed':
        if (lead) return landing.reply;
        return copyOf(landing, call);
      case 'unshared':
        return lead && bound(landing.reply, call.signal, lead);
      default: {
        if (lead && landing.kind === 'whole') {
          this.#report(call, state);
          return landing.reply.setHeader(CACHE_HEADER, shownState(landing.reply));
        }
        const reply = replayed(landing.entry, call, state, this.#settings.pace);
        if (reply) this.#report(call, state);
        return reply;
      }
    }
  }

  /** A stream for a call that wants it whole: reads along. */
  async #addedUp(recording: Recording, { call }: Asked): Promise<Reply | undefined> {
    const reader = recording.reader(call.signal);
    try {
      while (await reader.next());
    } catch (error) {
      if (call.signal.aborted) throw error;
      return undefined;
    }
    const text = recording.text();
    if (text === undefined) return undefined;
    const { headers } = recording;
    const entry = entryOf(call, this.#settings.ttlMs, { headers, form: 'events', text });
    const reply = replayed(entry, call, 'coalesced', 'instant');
    if (reply) this.#report(call, 'coalesced');
    return reply;
  }

  #report(call: Call, state: CacheState, ageMs?: number): void {
    const { events } = call.runtime;
    if (!events.active) return;
    if (state !== 'miss') events.emit(hit, 'cache', call, { source: 'cache' });
    events.emit(looked, 'cache', call, { state, ...(ageMs !== undefined && { ageMs }) });
  }
}
