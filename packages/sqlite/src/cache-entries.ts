import type { StatementSync } from 'node:sqlite';
import { whole } from './accounts.ts';
import type { Connection } from './connection.ts';
import { stored } from './stored-text.ts';

/** An entry as it is found. */
export interface FoundEntry {
  readonly id: number;
  readonly pieces: number;
  /** The first of them; null where there is none. */
  readonly first: Uint8Array | null;
  readonly used: number;
}

/** An entry as it is begun. */
export interface NewEntry {
  readonly key: string;
  /** What it counts for, in bytes. */
  readonly size: number;
  readonly pieces: number;
  readonly first: Uint8Array;
  readonly expires: number;
}

// What one step clears away at most, so that it does not block for long: in entries, and in bytes, of which it takes one
// entry more at most.
const BATCH = 20;
const BATCH_BYTES = 1024 * 1024;
// How long an entry may take to be written. What is not whole by then is that of a process that died.
const WRITING_MS = 60_000;
// What was asked for within this time is not told apart: else each hit would be written down.
const USED_STEP_MS = 60_000;
// Of how many entries a process remembers that they were asked for, until it writes.
const MOST_USED = 1000;

/** What the steps of a cache do with its entries. All but `find` and `piece` are within a transaction. */
export class CacheEntries {
  readonly #maxBytes: number;
  readonly #find: StatementSync;
  readonly #piece: StatementSync;
  readonly #total: StatementSync;
  readonly #add: StatementSync;
  readonly #addPiece: StatementSync;
  readonly #finish: StatementSync;
  readonly #forget: StatementSync;
  readonly #drop: StatementSync;
  readonly #expired: StatementSync;
  readonly #leastUsed: StatementSync;
  readonly #use: StatementSync;
  /** Entries that were asked for, which is not written down yet. */
  readonly #used = new Set<number>();

  constructor({ database }: Connection, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#find = database.prepare(`
      SELECT id, pieces, used, bytes AS first FROM cache_entry LEFT JOIN cache_piece ON entry = id AND position = 0
      WHERE key = ? AND expires > ?`);
    this.#piece = database.prepare('SELECT bytes FROM cache_piece WHERE entry = ? AND position = ?');
    this.#total = database.prepare('SELECT size FROM cache_total');
    this.#add = database.prepare(`
      INSERT INTO cache_entry (key, size, pieces, expires, used) VALUES (?, ?, ?, ?, ?) RETURNING id`);
    // Whoever needed room may have dropped the entry in the meantime.
    this.#addPiece = database.prepare(`
      INSERT INTO cache_piece (entry, position, bytes) SELECT id, ?, ? FROM cache_entry WHERE id = ?`);
    this.#finish = database.prepare('UPDATE cache_entry SET key = ?, expires = ? WHERE id = ?');
    this.#forget = database.prepare('DELETE FROM cache_entry WHERE key = ?');
    this.#drop = database.prepare('DELETE FROM cache_entry WHERE id = ?');
    this.#expired = database.prepare(`
      SELECT id, size FROM cache_entry WHERE expires <= ? ORDER BY expires LIMIT ${BATCH}`);
    this.#leastUsed = database.prepare(`SELECT id, size FROM cache_entry ORDER BY used LIMIT ${BATCH}`);
    this.#use = database.prepare('UPDATE cache_entry SET used = ? WHERE id = ?');
  }

  find(key: string, now: number): FoundEntry | undefined {
    const found = this.#find.get(stored(key), now) as FoundEntry | undefined;
    if (found && now - found.used >= USED_STEP_MS && this.#used.size < MOST_USED) this.#used.add(found.id);
    return found;
  }

  piece(id: number, position: number): Uint8Array | undefined {
    return (this.#piece.get(id, position) as { bytes: Uint8Array } | undefined)?.bytes;
  }

  /**
   * Begins an entry, which is whole if it has one piece. Undefined as long as there is no room: then the step has made
   * some, and is to be repeated.
   */
  begin({ key, size, pieces, first, expires }: NewEntry, now: number): number | undefined {
    this.#noteUse(now);
    this.#dropSome(this.#expired.all(now) as unknown as Sized[], Infinity);
    const missing = this.#size() + size - this.#maxBytes;
    if (missing > 0) {
      const rows = this.#leastUsed.all() as unknown as Sized[];
      this.#dropSome(rows, missing);
      // Where nothing is left to go, to repeat it would go on for ever: the sum is wrong, not the room.
      if (rows.length > 0 && this.#size() + size > this.#maxBytes) return undefined;
    }
    const isWhole = pieces === 1;
    if (isWhole) this.forget(key);
    const until = isWhole ? expires : now + WRITING_MS;
    const row = this.#add.get(isWhole ? stored(key) : null, size, pieces, whole(until), now);
    const { id } = row as { id: number };
    this.#addPiece.run(0, first, id);
    return id;
  }

  /** Goes on with an entry. False if it is not there any more. */
  append(id: number, position: number, bytes: Uint8Array): boolean {
    return this.#addPiece.run(position, bytes, id).changes > 0;
  }

  /** Puts an entry that has all its pieces in the place of what was kept. */
  finish(id: number, { key, expires }: NewEntry): void {
    this.forget(key);
    this.#finish.run(stored(key), whole(expires), id);
  }

  forget(key: string): void {
    this.#forget.run(stored(key));
  }

  #size(): number {
    return (this.#total.get() as { size: number }).size;
  }

  #noteUse(now: number): void {
    let count = 0;
    for (const id of this.#used) {
      if (count++ === BATCH) return;
      this.#use.run(now, id);
      this.#used.delete(id);
    }
  }

  /** Drops entries until there are `enough` bytes more, or until it is enough for one step. */
  #dropSome(rows: readonly Sized[], enough: number): void {
    let dropped = 0;
    for (const { id, size } of rows) {
      if (dropped >= Math.min(enough, BATCH_BYTES)) return;
      this.#drop.run(id);
      dropped += size;
    }
  }
}

interface Sized {
  readonly id: number;
  readonly size: number;
}
