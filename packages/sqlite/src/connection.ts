import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { patiently, type Patience } from './patience.ts';
import { SqliteError, isBusy, sqliteError } from './sqlite-error.ts';

/** Runs steps on a database that other processes write to as well: one after the other, each wholly or not at all. */
export class Connection {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly #patience: Patience;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  /** The last step that was asked for. */
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(database: DatabaseSync, patience: Patience) {
    this.database = database;
    this.path = patience.path;
    this.#patience = patience;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#rollback = database.prepare('ROLLBACK');
  }

  /**
   * Runs `work` in one transaction that holds the file's write lock from the start: nothing that it reads changes
   * before it has written.
   *
   * @throws {SqliteError}
   */
  transaction<T>(work: () => T): Promise<T> {
    return this.#inTurn(() => {
      this.#begin.run();
      try {
        const result = work();
        this.#commit.run();
        return result;
      } catch (error) {
        this.#undo();
        throw error;
      }
    });
  }

  /** Runs `work`, which only reads, and by one statement. @throws {SqliteError} */
  read<T>(work: () => T): Promise<T> {
    return this.#inTurn(work);
  }

  /**
   * Runs `work`, which only reads, and by one statement, at once: before the steps that wait for other processes, for
   * those who write keep nobody from reading. Only where somebody does all the same is there a promise.
   */
  look<T>(work: () => T): T | Promise<T> {
    if (this.#closed) return this.#inTurn(work);
    try {
      return work();
    } catch (error) {
      return isBusy(error) ? this.#inTurn(work) : Promise.reject(sqliteError(error, this.path));
    }
  }

  /** Ends it, after the steps that were asked for. */
  close(): Promise<void> {
    this.#closed ??= this.#last.then(() => this.database.close());
    return this.#closed;
  }

  /** One at a time, so that not each of those who wait for another process blocks this one for a moment. */
  #inTurn<T>(step: () => T): Promise<T> {
    const { path, clock, busyTimeout } = this.#patience;
    if (this.#closed) return Promise.reject(new SqliteError(path, 'sqlite_closed', 'is closed'));
    const deadline = clock.monotonic() + busyTimeout;
    const result = this.#last.then(() => patiently(step, deadline, this.#patience));
    this.#last = result.catch(() => {});
    return result;
  }

  #undo(): void {
    try {
      this.#rollback.run();
    } catch {
      // After some errors, a full disk among them, SQLite has done so itself.
    }
  }
}
