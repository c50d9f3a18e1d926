import type { StatementSync } from 'node:sqlite';
import type { AccountState } from '@interpose/budget';
import type { Connection } from './connection.ts';
import { outOfRange } from './sqlite-error.ts';
import { stored } from './stored-text.ts';

/** One account of the books, as a step works on it. */
export interface Account {
  readonly name: string;
  spent: number;
  held: number;
  /** When it may be forgotten, in milliseconds since the epoch. */
  until: number;
}

/** Reads and writes accounts, within the transaction of a step. */
export class Accounts {
  readonly #path: string;
  readonly #load: StatementSync;
  readonly #lapse: StatementSync;
  readonly #save: StatementSync;

  constructor({ database, path }: Connection) {
    this.#path = path;
    this.#load = database.prepare('SELECT spent, held, until FROM ledger_account WHERE name = ?');
    this.#lapse = database.prepare(`
      UPDATE ledger_entry SET lapsed = 1 WHERE account = ? AND lapsed = 0 AND lease <= ?
      RETURNING amount, lease + keep AS until`);
    this.#save = database.prepare(`
      INSERT INTO ledger_account (name, spent, held, until) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET spent = excluded.spent, held = excluded.held, until = excluded.until`);
  }

  /**
   * The account at this moment. What nobody renewed is taken for spent: its process is gone, and what the provider
   * did is on the bill.
   */
  at(name: string, now: number): Account {
    const key = stored(name);
    const row = this.#load.get(key) as Omit<Account, 'name'> | undefined;
    const account: Account = { name, spent: 0, held: 0, until: 0, ...row };
    const lapsed = this.#lapse.all(key, now) as { amount: number; until: number }[];
    if (lapsed.length === 0) return account;
    for (const { amount, until } of lapsed) {
      account.held -= amount;
      account.spent += amount;
      account.until = Math.max(account.until, until);
    }
    this.save(account);
    return account;
  }

  /** @throws {SqliteError} for a number that would not be exact. */
  save({ name, spent, held, until }: Account): void {
    if (!Number.isSafeInteger(spent) || !Number.isSafeInteger(held)) throw outOfRange(this.#path);
    this.#save.run(stored(name), spent, held, until);
  }
}

/** What an account's users are told of it. */
export function stateOf({ name, spent, held }: Account): AccountState {
  return { account: name, spent, held };
}

// Far beyond any date, and the sum of two is still exact.
const END_OF_TIME = 2 ** 51;

/** A moment or a span in whole milliseconds that can be stored and added; none is cut short, but for endless ones. */
export function whole(ms: number): number {
  return Math.min(Math.ceil(ms), END_OF_TIME);
}
