import type { Ledger } from '@interpose/budget';
import { InterposeError } from '@interpose/core';
import type * as Redis from '@interpose/redis';

/** Where the books are. */
export type BooksLocation =
  | { readonly sqlite: string }
  | { readonly redis: string; readonly prefix?: string };

// Connecting has its own, shorter limit; a server that is not there shows at once.
const ANSWER_WITHIN = '10s';

/**
 * Opens the books to read them. Each kind of store is loaded only where it is used: `@interpose/redis` may not be
 * installed.
 *
 * @throws {InterposeError}
 */
export async function openBooks(location: BooksLocation): Promise<Ledger> {
  if ('sqlite' in location) {
    const { sqliteLedger } = await import('@interpose/sqlite').catch(tooOld);
    return sqliteLedger({ path: location.sqlite, readOnly: true });
  }
  const { redis: url, ...prefix } = location;
  const { redisLedger } = await redisPackage();
  return redisLedger({ url, ...prefix, commandTimeout: ANSWER_WITHIN });
}

async function redisPackage(): Promise<typeof Redis> {
  try {
    return await import('@interpose/redis');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Something that the package itself lacks is another story.
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes("'@interpose/redis'")) throw error;
    throw new InterposeError(
      'books in Redis need the package @interpose/redis beside @interpose/cli: npm install @interpose/redis',
      { code: 'redis_not_installed', cause: error },
    );
  }
}

function tooOld(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_BUILTIN_MODULE') throw error;
  throw new InterposeError(`books in SQLite need Node 22.15 or later, and this is ${process.version}`, {
    code: 'node_too_old',
    cause: error,
  });
}
