// For users.
export { redis, redisLedger } from './redis.ts';
export type { RedisOptions, RedisServices } from './redis.ts';
export { RedisError } from './error.ts';
export type { RedisErrorCode } from './error.ts';
export type { RedisClient, ScriptCall } from './connection.ts';
