import { reading } from './reading.ts';
import { patiently, type Patience } from './patience.ts';
import { spendIn } from './postings.ts';
import { SqliteError, sqliteError } from './sqlite-error.ts';
import type { SqliteLedger } from './sqlite-ledger.ts';

// How long a report may block the process; what is left of the time-out is waited for without blocking.
const BLOCKING_MS = 2;

/**
 * Reads the books of a file that is others' to write. Between reports it holds nothing open.
 *
 * @throws {SqliteError} when there are none.
 */
export function readOnlyLedger(options: Patience): SqliteLedger {
  const { path, clock, busyTimeout } = options;
  /** The last report that was asked for. */
  let last: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;

  const refuse = (): Promise<never> => {
    const error = closed
      ? new SqliteError(path, 'sqlite_closed', 'is closed')
      : new SqliteError(path, 'sqlite_read_only', 'was opened only to be read');
    return Promise.reject(error);
  };
  const close = (): Promise<void> => (closed ??= last.then(() => {}));

  try {
    reading(path, busyTimeout, () => {});
  } catch (error) {
    throw sqliteError(error, path);
  }
  return {
    reserve: refuse,
    settle: refuse,
    renew: refuse,
    spend(query) {
      if (closed) return refuse();
      const deadline = clock.monotonic() + busyTimeout;
      const report = () => reading(path, BLOCKING_MS, (database) => spendIn(database, query));
      const result = last.then(() => patiently(report, deadline, options));
      last = result.catch(() => {});
      return result;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
