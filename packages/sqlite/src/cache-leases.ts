import type { StatementSync } from 'node:sqlite';
import { whole } from './accounts.ts';
import type { Connection } from './connection.ts';
import { stored } from './stored-text.ts';

// What a step drops at most of the leases of processes that died.
const BATCH = 20;

/** Who asks the provider, among the processes of a file. */
export class CacheLeases {
  readonly #holder: StatementSync;
  readonly #take: StatementSync;
  readonly #free: StatementSync;
  readonly #dropLapsed: StatementSync;

  constructor({ database }: Connection) {
    // One from the future is of before the clock was set back, and would hold until then.
    this.#holder = database.prepare(`
      SELECT holder FROM cache_lease WHERE key = ? AND ? BETWEEN since AND lapses - 1`);
    this.#take = database.prepare(`
      INSERT INTO cache_lease (key, holder, since, lapses) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET holder = excluded.holder, since = excluded.since, lapses = excluded.lapses
      WHERE holder = excluded.holder OR excluded.since NOT BETWEEN since AND lapses - 1`);
    this.#free = database.prepare('DELETE FROM cache_lease WHERE key = ? AND holder = ?');
    this.#dropLapsed = database.prepare(`
      DELETE FROM cache_lease WHERE key IN
        (SELECT key FROM cache_lease WHERE lapses <= ? ORDER BY lapses LIMIT ${BATCH})`);
  }

  /** Whether it is somebody else's; reads only. */
  isTaken(key: string, holder: string, now: number): boolean {
    const row = this.#holder.get(stored(key), now) as { holder: string } | undefined;
    return row !== undefined && row.holder !== stored(holder);
  }

  take(key: string, holder: string, leaseMs: number, now: number): boolean {
    this.#dropLapsed.run(now);
    return this.#take.run(stored(key), stored(holder), now, whole(now + leaseMs)).changes > 0;
  }

  free(key: string, holder: string): void {
    this.#free.run(stored(key), stored(holder));
  }
}
