/** Why a file could not be used, for programs. */
export type SqliteErrorCode =
  /** Another connection wrote, or kept the file locked, for longer than `busyTimeout`. */
  | 'sqlite_locked'
  /** Its contents are damaged. */
  | 'sqlite_corrupt'
  /** It is no database at all. */
  | 'sqlite_not_a_database'
  /** There are no books to be read: no file, or an empty one. */
  | 'sqlite_missing'
  /** It is the database of another application. */
  | 'sqlite_foreign'
  /** A later version of this package wrote it. */
  | 'sqlite_newer'
  /** It, or its folder, may not be written to, or it was opened only to be read. */
  | 'sqlite_read_only'
  /** It cannot be opened: no such folder, no permission, or a file system without what WAL needs. */
  | 'sqlite_unusable'
  /** No room is left on the disk. */
  | 'sqlite_full'
  /** An amount is no whole number, or a sum would pass 2^53 - 1. */
  | 'sqlite_out_of_range'
  /** The store was closed before. */
  | 'sqlite_closed'
  /** Anything else that SQLite reports; the cause has its words. */
  | 'sqlite_failed';

/**
 * Thrown when a file cannot be used. The step that it ends has changed nothing. It is a fault of machinery and no refusal:
 * what it means for a call is for the unit to say that asked the store.
 */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  /** Stable, for programs. */
  readonly code: SqliteErrorCode;
  /** The file, as it was given. */
  readonly path: string;

  constructor(path: string, code: SqliteErrorCode, why: string, cause?: unknown) {
    super(`sqlite: ${path} ${why}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.path = path;
  }
}

/** What SQLite's primary result codes stand for: https://www.sqlite.org/rescode.html */
const KNOWN: Readonly<Record<number, readonly [SqliteErrorCode, string]>> = {
  5: ['sqlite_locked', 'is locked by another process'],
  6: ['sqlite_locked', 'is locked by another process'],
  8: ['sqlite_read_only', 'may not be written to; the file and its folder have to be writable'],
  11: ['sqlite_corrupt', 'is damaged; restore it from a copy, or move it away with its -wal and -shm files'],
  13: ['sqlite_full', 'cannot grow: the disk is full'],
  14: ['sqlite_unusable', 'cannot be opened; its folder has to exist, and to be writable'],
  26: ['sqlite_not_a_database', 'is no SQLite database'],
};

/** Puts a typed error in the place of one of SQLite's; others pass untouched. */
export function sqliteError(error: unknown, path: string): unknown {
  const { code } = error as { code?: unknown };
  if (code === 'ERR_OUT_OF_RANGE') return outOfRange(path, error);
  if (code !== 'ERR_SQLITE_ERROR') return error;
  const [known, why] = KNOWN[resultCode(error)] ?? ['sqlite_failed', `failed: ${(error as Error).message}`];
  return new SqliteError(path, known, why, error);
}

/** The error of a number that the books cannot hold. */
export function outOfRange(path: string, cause?: unknown): SqliteError {
  return new SqliteError(path, 'sqlite_out_of_range', 'keeps whole numbers up to 2^53 - 1 only', cause);
}

/** Whether another connection is in the way, so that it is worth while to ask again. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === 5 || code === 6;
}

/** The primary code; the upper bits of an extended one tell details. */
function resultCode(error: unknown): number {
  return Number((error as { errcode?: unknown }).errcode) & 0xff;
}
