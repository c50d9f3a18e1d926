import type { StatementSync } from 'node:sqlite';
import type { Clock } from '@interpose/core';
import type {
  LimitSettlement,
  RateCost,
  SlotRef,
  SlotRequest,
  TakeAnswer,
  TakeRequest,
} from '@interpose/limit';
import type { Connection } from './connection.ts';
import { SharedTime } from './shared-time.ts';
import { outOfRange } from './sqlite-error.ts';
import { stored } from './stored-text.ts';

/** The slots of a key, as a call that wants one finds them. */
interface Slots {
  readonly held: number;
  /** When the first of them lapses. */
  readonly first: number;
  /** Whether one is the call's own already. */
  readonly own: number;
}

// Beyond any use, and the sum of it and a date is still exact.
const LONGEST_US = 2 ** 52;
// Between two looks for what may be forgotten, of one process.
const SWEEP_US = 60_000_000;
// What one step clears away at most, of each kind. Where more is left the next step goes on.
const BATCH = 20;

/** What the steps of a limit store do, each within a transaction. */
export class Counts {
  readonly #path: string;
  readonly #time: SharedTime;
  readonly #rate: StatementSync;
  readonly #saveRate: StatementSync;
  readonly #slots: StatementSync;
  readonly #holdSlot: StatementSync;
  readonly #freeSlot: StatementSync;
  readonly #renewSlot: StatementSync;
  readonly #dropRates: StatementSync;
  readonly #dropSlots: StatementSync;
  #nextSweep = 0;

  constructor(connection: Connection, clock: Clock) {
    const { database, path } = connection;
    this.#path = path;
    this.#time = new SharedTime(connection, clock);
    this.#rate = database.prepare('SELECT tat FROM limit_rate WHERE key = ?');
    this.#saveRate = database.prepare(`
      INSERT INTO limit_rate (key, tat, until) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET tat = excluded.tat, until = excluded.until`);
    this.#slots = database.prepare(`
      SELECT count(*) AS held, min(lapses) AS first, max(id = ?) AS own FROM limit_slot WHERE key = ? AND lapses > ?`);
    this.#holdSlot = database.prepare(`
      INSERT INTO limit_slot (key, id, lapses) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET lapses = excluded.lapses`);
    this.#freeSlot = database.prepare('DELETE FROM limit_slot WHERE key = ? AND id = ?');
    this.#renewSlot = database.prepare(`
      UPDATE limit_slot SET lapses = ? WHERE key = ? AND id = ? AND lapses > ?`);
    this.#dropRates = database.prepare(`
      DELETE FROM limit_rate WHERE key IN (SELECT key FROM limit_rate WHERE until < ? ORDER BY until LIMIT ${BATCH})`);
    this.#dropSlots = database.prepare(`
      DELETE FROM limit_slot WHERE (key, id) IN
        (SELECT key, id FROM limit_slot WHERE lapses <= ? ORDER BY lapses LIMIT ${BATCH})`);
  }

  take({ rates, slot }: TakeRequest): TakeAnswer {
    const now = this.#time.now();
    this.#sweep(now);
    const tats = rates.map(({ key }) => this.#tatOf(key));
    const short = longest(rates, tats, now) ?? (slot && this.#full(slot, now));
    const after = short ? tats : rates.map(({ costUs }, index) => Math.max(tats[index] ?? now, now) + costUs);
    if (!short) {
      for (const [index, { key, keepUs }] of rates.entries()) this.#save(key, after[index] ?? now, keepUs);
      if (slot) this.#holdSlot.run(stored(slot.key), stored(slot.id), lapse(now, slot.leaseMs));
    }
    return {
      taken: !short,
      ...(short && { short: short.key }),
      retryMs: Math.ceil((short?.waitUs ?? 0) / 1000),
      aheadUs: after.map((tat) => Math.max(0, (tat ?? now) - now)),
      at: now / 1000,
    };
  }

  settle({ rates, slots }: LimitSettlement): void {
    const now = this.#time.now();
    for (const { key, deltaUs, keepUs } of rates) {
      const tat = this.#tatOf(key);
      if (deltaUs > 0) this.#save(key, Math.max(tat ?? now, now) + deltaUs, keepUs);
      else if (tat !== undefined) this.#save(key, Math.max(tat + deltaUs, Math.min(tat, now)), keepUs);
    }
    for (const { key, id } of slots) this.#freeSlot.run(stored(key), stored(id));
  }

  renew(slots: readonly SlotRef[], leaseMs: number): void {
    const now = this.#time.now();
    for (const { key, id } of slots) this.#renewSlot.run(lapse(now, leaseMs), stored(key), stored(id), now);
  }

  #tatOf(key: string): number | undefined {
    return (this.#rate.get(stored(key)) as { tat: number } | undefined)?.tat;
  }

  #save(key: string, tat: number, keepUs: number): void {
    if (!Number.isSafeInteger(tat)) throw outOfRange(this.#path);
    const until = Math.min(tat + Math.ceil(keepUs), Number.MAX_SAFE_INTEGER);
    this.#saveRate.run(stored(key), tat, until);
  }

  /** When all slots are held, for how long at most. */
  #full({ key, id, limit }: SlotRequest, now: number): Short | undefined {
    const { held, first, own } = this.#slots.get(stored(id), stored(key), now) as unknown as Slots;
    return held >= limit && !own ? { key, waitUs: first - now } : undefined;
  }

  #sweep(now: number): void {
    if (now < this.#nextSweep) return;
    const dropped = [this.#dropRates.run(now).changes, this.#dropSlots.run(now).changes].map(Number);
    this.#nextSweep = Math.max(...dropped) < BATCH ? now + SWEEP_US : now;
  }
}

/** What there is not enough of, and in how long there may be. */
interface Short {
  readonly key: string;
  readonly waitUs: number;
}

/** The rate with the longest wait, if there is one with any. */
function longest(
  rates: readonly RateCost[],
  tats: readonly (number | undefined)[],
  now: number,
): Short | undefined {
  let found: Short | undefined;
  for (const [index, { key, costUs, burstUs }] of rates.entries()) {
    const tat = tats[index];
    if (tat === undefined) continue;
    // In this order it is exact: what lies ahead is small, and a burst may be as large as a number gets.
    const waitUs = tat - now + costUs - burstUs;
    if (waitUs > (found?.waitUs ?? 0)) found = { key, waitUs };
  }
  return found;
}

function lapse(now: number, leaseMs: number): number {
  return now + Math.min(Math.ceil(leaseMs * 1000), LONGEST_US);
}
