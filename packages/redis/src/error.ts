/**
 * Why a step of a store failed:
 * - `redis_unavailable`: there is no connection, or the server cannot serve now. Nothing was done, or not all of it was seen.
 * - `redis_timeout`: it was sent, and no answer came in time. It may have been done.
 * - `redis_refused`: the server lets this user not in, or not run scripts.
 * - `redis_unsupported_version`: the server is older than Redis 6.2.
 * - `redis_failed`: the server answered with another error.
 */
export type RedisErrorCode =
  | 'redis_unavailable'
  | 'redis_timeout'
  | 'redis_refused'
  | 'redis_unsupported_version'
  | 'redis_failed';

/**
 * Thrown by the stores in Redis. Holds no URL, no password, and no arguments of commands. It is a fault of machinery and
 * no refusal: what it means for a call is for the unit to say that asked the store.
 */
export class RedisError extends Error {
  override readonly name = 'RedisError';
  /** Stable, for programs. */
  readonly code: RedisErrorCode;
  /** Whether it may work later, as it is. */
  readonly transient: boolean;

  constructor(message: string, code: RedisErrorCode) {
    super(`redis: ${message}`);
    this.code = code;
    this.transient = code === 'redis_unavailable' || code === 'redis_timeout';
  }
}

// The first word of an error reply is its kind.
const UNABLE =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY|OOM|MISCONF|ERR max number of clients)\b/;
const REFUSED = /^(NOAUTH|WRONGPASS|NOPERM|ERR unknown command|ERR invalid password|ERR AUTH|DENIED)\b/;
const REPLY = /^[A-Z][A-Z0-9]+\b/;

/**
 * Says what went wrong in this package's terms. The client's own error is not kept as the cause: some clients
 * attach the command to it, and with it what was to stay between the store and the server.
 */
export function redisErrorOf(error: unknown): RedisError {
  if (error instanceof RedisError) return error;
  const code = codeOf(error);
  const said = ((error instanceof Error && error.message) || code || String(error)).slice(0, 200);
  if (REFUSED.test(said)) {
    return new RedisError(`the server refused: ${said}`, 'redis_refused');
  }
  if (UNABLE.test(said)) return new RedisError(`the server cannot serve now: ${said}`, 'redis_unavailable');
  // An error of the network carries a code, such as ECONNREFUSED, and may have no other words.
  if (code === undefined && REPLY.test(said)) {
    return new RedisError(`the server answered: ${said}`, 'redis_failed');
  }
  return new RedisError(`no connection: ${said}`, 'redis_unavailable');
}

function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
