// For users.
export { redis, redisBreakerStore, redisCacheStore, redisLedger, redisLimitStore } from './redis.ts';
export type { RedisOptions, RedisServices } from './options.ts';
export { RedisError } from './error.ts';
export type { RedisErrorCode } from './error.ts';
export type { RedisClient, RedisCommands, ScriptCall } from './connection.ts';
export { redisVectorIndex } from './vector-index.ts';
export type { RedisVectorIndexOptions } from './vector-index.ts';
