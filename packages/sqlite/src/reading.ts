import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { versionOf } from './database.ts';
import { SqliteError } from './sqlite-error.ts';

// At a file that others open and close all the time, one has to stand in their way in the end.
const MOST_LOOKS = 3;

/**
 * Opens the file for one look at a single state of it, and closes it again. Nothing is made, migrated or left behind,
 * and nobody who writes is held up.
 *
 * @param blockingMs how long it may block for others.
 * @throws {SqliteError} when there are no books; errors of SQLite as they are.
 */
export function reading<T>(path: string, blockingMs: number, work: (database: DatabaseSync) => T): T {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const before = atRest(path);
    if (before === undefined) break;
    const result = lookUndisturbed(path, blockingMs, work);
    // Else somebody came in the meantime: what was read may be half of one state and half of another.
    if (atRest(path) === before) return result();
  }
  return look(path, path, blockingMs, work);
}

/**
 * Nobody has the file open, so all of it is in there. To open it the ordinary way would leave a WAL beside it, which
 * then is this user's, and which the writer's user may not be allowed to use; and it would fail in a folder that may
 * not be written to.
 *
 * @returns what returns the result, or throws.
 */
function lookUndisturbed<T>(path: string, blockingMs: number, work: (database: DatabaseSync) => T): () => T {
  const location = pathToFileURL(resolve(path));
  location.searchParams.set('immutable', '1');
  try {
    const value = look(location, path, blockingMs, work);
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function look<T>(
  location: string | URL,
  path: string,
  blockingMs: number,
  work: (database: DatabaseSync) => T,
): T {
  using database = open(location, path);
  database.exec(`PRAGMA busy_timeout = ${Math.ceil(blockingMs)}`);
  database.exec('BEGIN');
  if (versionOf(database, path) === 0) {
    throw new SqliteError(path, 'sqlite_missing', 'is empty: nobody has kept books in it yet');
  }
  const result = work(database);
  database.exec('COMMIT');
  return result;
}

function open(location: string | URL, path: string): DatabaseSync {
  try {
    return new DatabaseSync(location, { readOnly: true });
  } catch (error) {
    throw new SqliteError(path, 'sqlite_unusable', 'cannot be opened; it has to be readable', error);
  }
}

/** What tells whether the file was written to; undefined where others have it open, or where it may not be told. */
function atRest(path: string): string | undefined {
  let stats;
  try {
    stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
  if (!stats) {
    throw new SqliteError(path, 'sqlite_missing', 'does not exist, and is not made in order to be read');
  }
  if (!stats.isFile()) throw new SqliteError(path, 'sqlite_unusable', 'is no file');
  if (existsSync(`${path}-wal`)) return undefined;
  return [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ');
}
