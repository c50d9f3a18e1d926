import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock, Random } from '@interpose/core';
import { SqliteError, isBusy, sqliteError } from './sqlite-error.ts';

// Between two looks whether the file is free, at most; half of it on average.
const WAIT_MS = 8;

/** What a {@link Connection} needs besides its database. */
export interface ConnectionOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a step waits for the transactions of others, in milliseconds. */
  readonly busyTimeout: number;
}

/** Runs steps on a database that other processes write to as well: one after the other, each wholly or not at all. */
export class Connection {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly #options: ConnectionOptions;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  /** The last step that was asked for. */
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(database: DatabaseSync, options: ConnectionOptions) {
    this.database = database;
    this.path = options.path;
    this.#options = options;
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

  /** Ends it, after the steps that were asked for. */
  close(): Promise<void> {
    this.#closed ??= this.#last.then(() => this.database.close());
    return this.#closed;
  }

  /** One at a time, so that not each of those who wait for another process blocks this one for a moment. */
  #inTurn<T>(step: () => T): Promise<T> {
    const { path, clock, busyTimeout } = this.#options;
    if (this.#closed) return Promise.reject(new SqliteError(path, 'sqlite_closed', 'is closed'));
    const deadline = clock.monotonic() + busyTimeout;
    const result = this.#last.then(() => this.#attempt(step, deadline));
    this.#last = result.catch(() => {});
    return result;
  }

  async #attempt<T>(step: () => T, deadline: number): Promise<T> {
    const { path, clock, random } = this.#options;
    for (;;) {
      try {
        return step();
      } catch (error) {
        if (!isBusy(error) || clock.monotonic() >= deadline) throw sqliteError(error, path);
      }
      await clock.sleep(random.next() * WAIT_MS);
    }
  }

  #undo(): void {
    try {
      this.#rollback.run();
    } catch {
      // After some errors, a full disk among them, SQLite has done so itself.
    }
  }
}
