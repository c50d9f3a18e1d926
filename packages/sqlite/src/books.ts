import type { StatementSync } from 'node:sqlite';
import type { AccountState, Reservation, ReserveResult, Settlement } from '@interpose/budget';
import type { Clock } from '@interpose/core';
import { Accounts, stateOf, whole } from './accounts.ts';
import type { Connection } from './connection.ts';
import { stored, restored } from './stored-text.ts';
import { Sweep } from './sweep.ts';

/** What is held of one account for one call. */
interface Held {
  readonly position: number;
  readonly account: string;
  readonly amount: number;
  readonly keep: number;
  readonly lapsed: number;
}

/** What the steps of a ledger do, each within a transaction. Times are of the wall: processes share no other. */
export class Books {
  readonly #clock: Clock;
  readonly #accounts: Accounts;
  readonly #sweep: Sweep;
  readonly #isKnown: StatementSync;
  readonly #remember: StatementSync;
  readonly #forget: StatementSync;
  readonly #hold: StatementSync;
  readonly #release: StatementSync;
  readonly #renewEntries: StatementSync;
  readonly #renewReservation: StatementSync;

  constructor(connection: Connection, clock: Clock) {
    const { database } = connection;
    this.#clock = clock;
    this.#accounts = new Accounts(connection);
    this.#sweep = new Sweep(connection, this.#accounts);
    this.#isKnown = database.prepare('SELECT 1 FROM ledger_reservation WHERE id = ?');
    this.#remember = database.prepare('INSERT INTO ledger_reservation (id, lease) VALUES (?, ?)');
    this.#forget = database.prepare('DELETE FROM ledger_reservation WHERE id = ?');
    this.#hold = database.prepare(`
      INSERT INTO ledger_entry (id, position, account, amount, keep, lease, lapsed) VALUES (?, ?, ?, ?, ?, ?, 0)`);
    this.#release = database.prepare(`
      DELETE FROM ledger_entry WHERE id = ? RETURNING position, account, amount, keep, lapsed`);
    this.#renewEntries = database.prepare(`
      UPDATE ledger_entry SET lease = ? WHERE id = ? AND lapsed = 0 AND lease > ?`);
    this.#renewReservation = database.prepare(`
      UPDATE ledger_reservation SET lease = ? WHERE id = ? AND lease > ?`);
  }

  reserve({ id, leaseMs, entries }: Reservation): ReserveResult {
    const at = this.#clock.now();
    const key = stored(id);
    this.#sweep.now(at);
    const asked = entries.map((entry) => ({ ...entry, state: this.#accounts.at(entry.account, at) }));
    const accounts = (): AccountState[] => asked.map(({ state }) => stateOf(state));
    if (this.#isKnown.get(key)) return { accounts: accounts(), at };
    const over = asked.find(({ state, cap, amount }) => state.spent + state.held + amount > cap);
    if (over) return { exceeded: stateOf(over.state), accounts: accounts(), at };

    const lease = whole(at + leaseMs);
    this.#remember.run(key, lease);
    for (const [position, { state, amount, keepMs }] of asked.entries()) {
      state.held += amount;
      state.until = Math.max(state.until, whole(at + keepMs));
      this.#accounts.save(state);
      this.#hold.run(key, position, stored(state.name), amount, whole(keepMs), lease);
    }
    return { accounts: accounts(), at };
  }

  /** Undefined for an id that is not known, or no longer. */
  settle({ id, amounts }: Settlement): AccountState[] | undefined {
    const at = this.#clock.now();
    const key = stored(id);
    if (this.#forget.run(key).changes === 0) return undefined;
    // First of all, so that looking at the account does not take these for lapsed any more.
    const released = this.#release.all(key) as unknown as Held[];
    return released
      .toSorted((a, b) => a.position - b.position)
      .map(({ account, amount, keep, lapsed }) => {
        const state = this.#accounts.at(restored(account), at);
        if (lapsed) state.spent -= amount;
        else state.held -= amount;
        if (Object.hasOwn(amounts, state.name)) state.spent += amounts[state.name] ?? 0;
        state.until = Math.max(state.until, whole(at + keep));
        this.#accounts.save(state);
        return stateOf(state);
      });
  }

  /** What is overdue has lapsed, whether or not a step has put it down yet. */
  renew(ids: readonly string[], leaseMs: number): void {
    const at = this.#clock.now();
    const lease = whole(at + leaseMs);
    for (const id of ids) {
      this.#renewEntries.run(lease, stored(id), at);
      this.#renewReservation.run(lease, stored(id), at);
    }
  }
}
