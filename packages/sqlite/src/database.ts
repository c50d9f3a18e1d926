import { DatabaseSync } from 'node:sqlite';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';
import { SqliteError, isBusy, sqliteError } from './sqlite-error.ts';

// How long a step may block the process for another's transaction: those take a tenth of it. What is left of the
// time-out is waited for without blocking.
const BLOCKING_MS = 2;
const MOST_ATTEMPTS = 10;
// How many pages of 4 kB the WAL collects before the step that filled it writes them to the file, and waits for the
// disk. At SQLite's own 1000 that is more than one step in a hundred.
const CHECKPOINT_PAGES = 4000;

/**
 * Opens the file of all stores, makes it where there is none, and brings its tables up to date. Blocks while another
 * process does the same.
 *
 * @param busyTimeout how long that may take, in milliseconds.
 * @throws {SqliteError} when the file cannot be used; it is left as it was.
 */
export function openDatabase(path: string, busyTimeout: number): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec(`PRAGMA busy_timeout = ${Math.ceil(busyTimeout)}`);
    // Before anything is written to what may be somebody else's.
    database.exec('BEGIN');
    versionOf(database, path);
    database.exec('COMMIT');
    enterWal(database, path);
    // A commit is not flushed to the disk, only a checkpoint is. It outlives the end of the process, however that comes;
    // with the power, the last commits may go, but the file stays whole. A flush at each step costs more than the step.
    database.exec('PRAGMA synchronous = NORMAL');
    migrate(database, path);
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA busy_timeout = ${BLOCKING_MS}`);
    return database;
  } catch (error) {
    database?.close();
    throw sqliteError(error, path);
  }
}

/**
 * How many migrations the file has seen; 0 for an empty one. Within a transaction: another process may be at its
 * migration, and half of what was before with half of what is after looks like the file of a stranger.
 */
export function versionOf(database: DatabaseSync, path: string): number {
  const id = pragma(database, 'application_id');
  const version = Number(pragma(database, 'user_version'));
  if (id !== APPLICATION_ID) {
    const isEmpty = version === 0 && !database.prepare('SELECT 1 FROM sqlite_schema').get();
    if (isEmpty) return 0;
    throw new SqliteError(
      path,
      'sqlite_foreign',
      'is the database of another application; name a file of its own',
    );
  }
  if (version > MIGRATIONS.length) {
    const why = `is of version ${version}, and this package knows up to ${MIGRATIONS.length}; update @interpose/sqlite`;
    throw new SqliteError(path, 'sqlite_newer', why);
  }
  return version;
}

/** Readers and a writer do not hinder each other there, and a commit need not be flushed. */
function enterWal(database: DatabaseSync, path: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      const mode = pragma(database, 'journal_mode = WAL');
      if (mode === 'wal') return;
      const why = `cannot be shared, its journal stays '${String(mode)}'; it has to be a file on a local disk`;
      throw new SqliteError(path, 'sqlite_unusable', why);
    } catch (error) {
      if (!isBusy(error) || attempt === MOST_ATTEMPTS) throw error;
      // SQLite does not wait for others in that statement; in this one it does.
      database.exec('BEGIN EXCLUSIVE; ROLLBACK');
    }
  }
}

/** In a transaction even where there is nothing to do: so a file that may not be written to shows at once. */
function migrate(database: DatabaseSync, path: string): void {
  database.exec('BEGIN IMMEDIATE');
  const version = versionOf(database, path);
  for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
  if (version < MIGRATIONS.length) {
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`);
  }
  database.exec('COMMIT');
}

function pragma(database: DatabaseSync, text: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${text}`).get() ?? {})[0];
}
