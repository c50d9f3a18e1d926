import {
  ask,
  type Call,
  type Clock,
  type Handler,
  type Outcome,
  type Random,
  type Reply,
} from '@interpose/core';
import { skipped } from './cache-events.ts';
import type { CacheSettings } from './cache-options.ts';
import type { Control } from './control.ts';
import { entryOf, keptHeaders, type Entry } from './entry.ts';
import { Flight, type Landing } from './flight.ts';
import type { GuardedStore } from './guarded-store.ts';
import { Leasing } from './leasing.ts';
import { Recording } from './recording.ts';
import type { Shelf } from './shelf.ts';
import { reasonNotToKeep, type SkipReason } from './worth-keeping.ts';

/** A call that the cache may answer. */
export interface Asked {
  readonly call: Call;
  readonly key: string;
  readonly control: Control;
}

/** What the cache works with. */
export interface CacheServices {
  readonly settings: CacheSettings;
  readonly store: GuardedStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** The flights that are under way, and the keeping of what they bring. */
export class Flights {
  readonly #settings: CacheSettings;
  readonly #store: GuardedStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #shelf: Shelf;
  readonly #leasing: Leasing;
  readonly #flights = new Map<string, Flight>();
  readonly #writes = new Set<Promise<void>>();

  constructor({ settings, store, clock, random }: CacheServices, shelf: Shelf) {
    this.#settings = settings;
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#shelf = shelf;
    this.#leasing = new Leasing(store, clock);
  }

  /** The flight that calls with this key may join. */
  get(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  /** Waits for what is being kept. */
  async settle(): Promise<void> {
    await Promise.all(this.#writes);
  }

  /** Has a call answered, in the place of whatever is under way for it. */
  launch(asked: Asked, next: Handler, background: boolean): Flight {
    const { key } = asked;
    const before = this.#flights.get(key);
    if (before) before.superseded = true;
    const holder = `${Math.floor(this.#random.next() * 2 ** 48).toString(36)}-${asked.call.id}`;
    const flight = new Flight({ key, background, holder });
    this.#flights.set(key, flight);
    // At once: who comes while the provider is being stopped must not wait for what will not be whole.
    flight.signal.addEventListener('abort', () => this.#over(flight, asked.call, false), { once: true });
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
    if (reply.streamed) return this.#streaming(flight, asked, reply);
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
    const entry = entryOf(call, this.#ttlOf(asked), {
      headers: keptHeaders(reply.headers),
      form: 'body',
      text,
    });
    this.#keep(flight, asked, reply, settled, entry);
    return { kind: 'whole', reply, entry };
  }

  #streaming(flight: Flight, asked: Asked, reply: Reply): Landing {
    const { call } = asked;
    const recording = new Recording(reply, {
      clock: this.#clock,
      maxBytes: this.#settings.codec.maxEntryBytes,
      stop: (reason) => flight.stop(reason),
      // Too large to be read from the beginning any more.
      onForget: () => this.#over(flight, call, false),
      onEnd: ({ outcome, text, delaysMs }) => {
        const { headers } = recording;
        const entry = entryOf(call, this.#ttlOf(asked), { headers, form: 'events', text: text ?? '' });
        const timed = this.#settings.pace === 'recorded' ? { ...entry, delaysMs } : entry;
        this.#keep(flight, asked, reply, outcome, text === undefined ? undefined : timed);
      },
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
      .then(
        (kept) => this.#over(flight, call, kept),
        () => {
          this.#skip(call, 'store');
          this.#over(flight, call, false);
        },
      )
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

  #ttlOf({ control }: Asked): number {
    return control.ttlMs ?? this.#settings.ttlMs;
  }

  #skip(call: Call, reason: SkipReason): void {
    const { events } = call.runtime;
    if (events.active) events.emit(skipped, 'cache', call, { reason });
  }
}
