import {
  abortable,
  ask,
  classify,
  hit,
  type Call,
  type Clock,
  type Handler,
  type LightResponse,
  type Outcome,
  type Random,
  type Reply,
} from '@interpose/core';
import { looked, skipped } from './cache-events.ts';
import type { CacheSettings } from './cache-options.ts';
import type { Control } from './control.ts';
import { keptHeaders, type Entry } from './entry.ts';
import { Flight, type Landing } from './flight.ts';
import type { GuardedStore } from './guarded-store.ts';
import { Leasing } from './leasing.ts';
import { Recording, type Recorded } from './recording.ts';
import { CACHE_HEADER, replayed, shownState, type CacheState } from './replay.ts';
import { bound, copyOf, streamedReply } from './shares.ts';
import { Shelf } from './shelf.ts';
import { reasonNotToKeep, type SkipReason } from './worth-keeping.ts';

/** A call that the cache may answer. */
export interface Asked {
  readonly call: Call;
  readonly key: string;
  readonly control: Control;
}

/** What {@link Reuse} works with. */
export interface ReuseServices {
  readonly settings: CacheSettings;
  readonly store: GuardedStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** Answers calls with what was answered before, or is being answered now; or has them answered, and keeps that. */
export class Reuse {
  readonly #settings: CacheSettings;
  readonly #store: GuardedStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #shelf: Shelf;
  readonly #leasing: Leasing;
  readonly #flights = new Map<string, Flight>();
  readonly #writes = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor({ settings, store, clock, random }: ReuseServices) {
    this.#settings = settings;
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#shelf = new Shelf(store, clock, settings.codec);
    this.#leasing = new Leasing(store, clock);
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
    const flight = this.#launch(asked, next, false);
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
    await Promise.all(this.#writes);
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
    if (state === 'stale' && !this.#flights.has(asked.key)) this.#renew(asked, next);
    return reply;
  }

  /** Asks anew, for nobody in particular. */
  #renew(asked: Asked, next: Handler): void {
    const call = asked.call.with({ signal: this.#closing.signal });
    const flight = this.#launch({ ...asked, call }, next, true);
    flight
      .share(call.signal, async (landing) => {
        if (landing.kind !== 'stream') return;
        const reader = landing.recording.reader(call.signal);
        while (await reader.next());
      })
      .then((read) => read)
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
        if (!call.streamed) return this.#addedUp(landing.recording, asked);
        this.#report(call, state);
        return streamedReply(call, landing, state, landing.startedAt);
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
    const entry = text === undefined ? undefined : this.#entryOf(call, recording.headers, 'events', text);
    const reply = entry && replayed(entry, call, 'coalesced', 'instant');
    if (reply) this.#report(call, 'coalesced');
    return reply;
  }

  #launch(asked: Asked, next: Handler, background: boolean): Flight {
    const { key } = asked;
    const before = this.#flights.get(key);
    if (before) before.superseded = true;
    const holder = `${Math.floor(this.#random.next() * 2 ** 48).toString(36)}-${asked.call.id}`;
    const flight = new Flight({ key, background, holder });
    this.#flights.set(key, flight);
    flight.start(async () => {
      try {
        return await this.#fly(flight, asked, next);
      } catch (error) {
        this.#over(flight, asked.call, false);
        throw error;
      }
    });
    return flight;
  }

  async #fly(flight: Flight, asked: Asked, next: Handler): Promise<Landing> {
    const { call, control } = asked;
    if (this.#store.leased && control.mode === undefined) {
      const turn = await this.#leasing.turn(call, flight, () => this.#shelf.fresh(call, flight.key));
      if (turn.found) {
        this.#over(flight, call, true);
        return { kind: 'entry', entry: turn.found };
      }
      if (turn.held) flight.lease = new AbortController();
      if (flight.lease) void this.#leasing.renew(call, flight, flight.lease.signal);
    }
    // Asked for here and not by the context, so that it is among the events: entries are for both who want it and not.
    const params = call.operation.streamUsage?.ask(call.params) ?? call.params;
    const changed = params === call.params ? {} : { params };
    flight.startedAt = this.#clock.monotonic();
    const reply = await ask(next, call.with({ signal: flight.signal, ...changed }));
    return this.#landed(flight, asked, reply);
  }

  async #landed(flight: Flight, asked: Asked, reply: Reply): Promise<Landing> {
    const { call } = asked;
    const { outcome } = reply;
    if (reply.streamed) return this.#streaming(flight, asked, reply, outcome);
    let text: string;
    try {
      text = await reply.text();
    } catch (error) {
      if (flight.signal.aborted) throw error;
      // It is no JSON, or broke off: whoever reads it is told.
      this.#over(flight, call, false);
      return { kind: 'unshared', reply };
    }
    if (!reply.ok) {
      this.#over(flight, call, false);
      return { kind: 'failed', reply, text };
    }
    const settled = await outcome;
    if (settled.status !== 'completed') {
      this.#over(flight, call, false);
      return { kind: 'unshared', reply };
    }
    const entry = this.#entryOf(call, keptHeaders(reply.headers), 'body', text, asked.control);
    this.#keep(flight, asked, reply, settled, entry);
    return { kind: 'whole', reply, entry };
  }

  #streaming(flight: Flight, asked: Asked, reply: Reply, outcome: Promise<Outcome>): Landing {
    const { call } = asked;
    const feed = (reply.deliver() as unknown as LightResponse).takeParsed('events');
    if (feed?.kind !== 'events') throw new TypeError('cache: a stream that has no events');
    const onEnd = ({ outcome: settled, marked, text, delaysMs }: Recorded): void => {
      // A choice may have ended, and yet more be to come.
      const whole = marked || !call.operation.doneMarker;
      const ended: Outcome = whole ? settled : { ...settled, status: 'truncated' };
      const entry = this.#entryOf(call, recording.headers, 'events', text ?? '', asked.control);
      const timed = this.#settings.pace === 'recorded' ? { ...entry, delaysMs } : entry;
      this.#keep(flight, asked, reply, ended, text === undefined ? undefined : timed);
    };
    const recording = new Recording(feed, outcome, {
      clock: this.#clock,
      headers: keptHeaders(reply.headers),
      maxBytes: this.#settings.codec.maxEntryBytes,
      stop: (reason) => flight.stop(reason),
      // Too large to be read from the beginning any more.
      onForget: () => this.#over(flight, call, false),
      onEnd,
    });
    return { kind: 'stream', reply, recording, startedAt: flight.startedAt };
  }

  /** Keeps an answer if it is worth it; until then, those who come wait with the rest. */
  #keep(
    flight: Flight,
    { call, control }: Asked,
    reply: Reply,
    outcome: Outcome,
    entry: Entry | undefined,
  ): void {
    const reason: SkipReason | undefined =
      reasonNotToKeep(call, reply, outcome) ??
      (flight.superseded ? 'superseded' : undefined) ??
      (!entry || Buffer.byteLength(entry.text) > this.#settings.codec.maxEntryBytes
        ? 'too_large'
        : undefined);
    if (reason || !entry || control.mode === 'no-store') {
      if (reason) this.#skip(call, reason);
      this.#over(flight, call, false);
      return;
    }
    const write = this.#shelf
      .keep(call, flight.key, entry, this.#settings.staleMs)
      .then((kept) => this.#over(flight, call, kept))
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  /** Nobody joins this flight any more. */
  #over(flight: Flight, call: Call, kept: boolean): void {
    if (this.#flights.get(flight.key) === flight) this.#flights.delete(flight.key);
    const { lease } = flight;
    if (!lease) return;
    flight.lease = undefined;
    lease.abort();
    const release = this.#leasing.release(call, flight, kept).finally(() => this.#writes.delete(release));
    this.#writes.add(release);
  }

  #entryOf(
    { operation }: Call,
    headers: Entry['headers'],
    form: Entry['form'],
    text: string,
    control?: Control,
  ): Entry {
    const ttlMs = control?.ttlMs ?? this.#settings.ttlMs;
    return { operation: operation.name, storedAt: this.#clock.now(), ttlMs, headers, form, text };
  }

  #report(call: Call, state: CacheState, ageMs?: number): void {
    const { events } = call.runtime;
    if (!events.active) return;
    if (state !== 'miss') events.emit(hit, 'cache', call, { source: 'cache' });
    events.emit(looked, 'cache', call, { state, ...(ageMs !== undefined && { ageMs }) });
  }

  #skip(call: Call, reason: SkipReason): void {
    const { events } = call.runtime;
    if (events.active) events.emit(skipped, 'cache', call, { reason });
  }
}
