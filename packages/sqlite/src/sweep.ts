import type { StatementSync } from 'node:sqlite';
import { whole, type Accounts } from './accounts.ts';
import type { Connection } from './connection.ts';
import { restored } from './stored-text.ts';

// How long what lapsed can still be corrected: longer than any call lives.
const CORRECTION_MS = 86_400_000;
// Between two looks for what may be forgotten, of one process.
const SWEEP_MS = 60_000;
// What one step clears away at most, of each kind. Where more is left the next step goes on, and as a step adds less
// than this, the file does not grow for ever.
const BATCH = 20;

/** Forgets what is of no use any more, a little at a time, along with a step that writes anyway. */
export class Sweep {
  readonly #accounts: Accounts;
  readonly #oldAccounts: StatementSync;
  readonly #dropAccount: StatementSync;
  readonly #dropEntriesOfAccount: StatementSync;
  readonly #oldReservations: StatementSync;
  readonly #accountsOf: StatementSync;
  readonly #dropReservation: StatementSync;
  readonly #dropEntries: StatementSync;
  #next = 0;

  constructor({ database }: Connection, accounts: Accounts) {
    this.#accounts = accounts;
    this.#oldAccounts = database.prepare(`
      SELECT name FROM ledger_account WHERE until < ? ORDER BY until LIMIT ${BATCH}`);
    this.#dropAccount = database.prepare('DELETE FROM ledger_account WHERE name = ?');
    this.#dropEntriesOfAccount = database.prepare('DELETE FROM ledger_entry WHERE account = ?');
    this.#oldReservations = database.prepare(`
      SELECT id FROM ledger_reservation WHERE lease < ? ORDER BY lease LIMIT ${BATCH}`);
    this.#accountsOf = database.prepare('SELECT account FROM ledger_entry WHERE id = ?');
    this.#dropReservation = database.prepare('DELETE FROM ledger_reservation WHERE id = ?');
    this.#dropEntries = database.prepare('DELETE FROM ledger_entry WHERE id = ?');
  }

  /** Within the transaction of a step. */
  now(now: number): void {
    if (now < this.#next) return;
    const most = Math.max(this.#sweepReservations(now), this.#sweepAccounts(now));
    this.#next = most < BATCH ? now + SWEEP_MS : now;
  }

  #sweepReservations(now: number): number {
    const old = this.#oldReservations.all(now - CORRECTION_MS) as { id: string }[];
    for (const { id } of old) {
      // Nobody may have looked at the account since, to take it for spent.
      for (const { account } of this.#accountsOf.all(id)) this.#accounts.at(restored(String(account)), now);
      this.#dropEntries.run(id);
      this.#dropReservation.run(id);
    }
    return old.length;
  }

  #sweepAccounts(now: number): number {
    const old = this.#oldAccounts.all(now) as { name: string }[];
    for (const { name } of old) {
      const account = this.#accounts.at(restored(name), now);
      if (account.until >= now) continue;
      if (account.held === 0) {
        // Its entries as well: to correct what is forgotten would make an account that owes.
        this.#dropEntriesOfAccount.run(name);
        this.#dropAccount.run(name);
      } else {
        // A long call. Put off, so that those like it do not stand before what may be forgotten.
        this.#accounts.save({ ...account, until: whole(now + SWEEP_MS) });
      }
    }
    return old.length;
  }
}
