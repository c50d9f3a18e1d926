import { memoryVectorIndex, type Neighbour, type VectorIndex } from '@interpose/cache/semantic';
import { ConfigurationError, consoleLogger, systemClock, systemRandom } from '@interpose/core';
import { borrowed, connect, type RedisCommands } from './connection.ts';
import { redisSettings, type RedisOptions, type RedisServices } from './options.ts';
import { vectorCommands } from './vector-commands.ts';

/** Options of {@link redisVectorIndex}. */
export interface RedisVectorIndexOptions extends RedisOptions<RedisCommands> {
  /** How many vectors may stand behind one wall; those that expire first go first. @default 10000 */
  maxPerWall?: number;
}

// At most so many are cleared away in one step: what is left, the next one does.
const MOST_CLEARED_AT_ONCE = 100;
// Finer than anything that an embedding means, and coarser than what rounding does to a cosine.
const PRECISION = 1e6;

/**
 * Keeps the vectors of a semantic cache in Redis 8 or later, one vector set for each wall. A server without vector sets is
 * told in the log, once, and then they are kept in memory.
 *
 * It has been tested against a stand-in that speaks these commands as they are documented, and not against a real server.
 *
 * @throws {ConfigurationError} for a wrong option; never for a server that is not there.
 */
export function redisVectorIndex(
  options: RedisVectorIndexOptions,
  services: RedisServices = {},
): VectorIndex {
  const { maxPerWall = 10_000, ...connecting } = options;
  const { clock = systemClock, logger = consoleLogger, random = systemRandom } = services;
  if (!Number.isSafeInteger(maxPerWall) || maxPerWall < 1) {
    throw ConfigurationError.option('redisVectorIndex', 'maxPerWall', 'an integer >= 1', maxPerWall);
  }
  const { url, client, prefix, commandTimeout } = redisSettings(connecting, ['sendCommand']);
  const connection = client ? borrowed(client) : connect(url, clock, random);
  const server = vectorCommands(connection, clock, commandTimeout, `${prefix}:vectors`);
  let memory: VectorIndex | undefined;

  /** The index to use in place of this one, if the server has no vector sets. */
  async function otherwise(): Promise<VectorIndex | undefined> {
    if (memory || (await server.supported())) return memory;
    // Another step may have found it out meanwhile.
    if (memory) return memory;
    logger.warn(
      { needs: 'Redis 8' },
      'redisVectorIndex: the server has no vector sets; vectors are kept in the memory of this process',
    );
    return (memory = memoryVectorIndex({ clock }));
  }

  // In braces, so that a cluster puts the set and its times into one slot.
  const keyOf = (wall: string, dimensions: number): string => `${prefix}:vectors:{${wall}}:${dimensions}`;

  /** Clears away what has expired, and what is too much. */
  async function clear(key: string): Promise<void> {
    const [expired, surplus] = await Promise.all([
      server.list(['ZRANGEBYSCORE', timesOf(key), '-inf', String(clock.now()), 'LIMIT', '0', MOST]),
      server.list(['ZRANGE', timesOf(key), '0', String(-maxPerWall - 1)]),
    ]);
    const gone = [...new Set([...expired, ...surplus])].slice(0, MOST_CLEARED_AT_ONCE);
    if (gone.length === 0) return;
    await Promise.all([
      ...gone.map((id) => server.run(['VREM', key, id])),
      server.run(['ZREM', timesOf(key), ...gone]),
    ]);
  }

  return {
    async search(wall, vector, near) {
      const other = await otherwise();
      if (other) return other.search(wall, vector, near);
      const { limit, minSimilarity } = near;
      const wanted = ['WITHSCORES', 'COUNT', String(limit), 'FILTER', `.until > ${clock.now()}`];
      const reply = await server.run([
        'VSIM',
        keyOf(wall, vector.length),
        'FP32',
        bytesOf(vector),
        ...wanted,
      ]);
      return neighbours(reply).filter(({ similarity }) => similarity >= minSimilarity);
    },

    async add(wall, id, vector, ttlMs) {
      const other = await otherwise();
      if (other) return other.add(wall, id, vector, ttlMs);
      const key = keyOf(wall, vector.length);
      const until = Math.ceil(clock.now() + ttlMs);
      // Without NOQUANT a number is kept in 8 bits, and a cosine is not what the threshold was chosen for.
      const kept = [id, 'NOQUANT', 'SETATTR', JSON.stringify({ until })];
      const ms = String(Math.max(1, Math.ceil(ttlMs)));
      await Promise.all([
        server.run(['VADD', key, 'FP32', bytesOf(vector), ...kept]),
        server.run(['ZADD', timesOf(key), String(until), id]),
        // A wall lives as long as the last behind it: GT alone passes over a key that has no end yet.
        ...[key, timesOf(key)].flatMap((each) =>
          ['NX', 'GT'].map((rule) => server.run(['PEXPIRE', each, ms, rule])),
        ),
      ]);
      await clear(key);
    },

    async remove(wall, id, dimensions) {
      const other = await otherwise();
      if (other) return other.remove(wall, id, dimensions);
      const key = keyOf(wall, dimensions);
      await Promise.all([server.run(['VREM', key, id]), server.run(['ZREM', timesOf(key), id])]);
    },

    close: () => connection.close(commandTimeout),
  };
}

const MOST = String(MOST_CLEARED_AT_ONCE);

function timesOf(key: string): string {
  return `${key}:until`;
}

/** As the server takes it: 32-bit floats, the least significant byte first. */
function bytesOf(vector: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 * vector.length);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, 4 * at);
  return bytes;
}

/** Ids with scores: one after the other in RESP2, a map in RESP3, of which clients make an object or a map. */
function neighbours(reply: unknown): Neighbour[] {
  return pairs(reply)
    .map(([id, score]) => ({ id: String(id), similarity: cosineOf(Number(score)) }))
    .toSorted((a, b) => b.similarity - a.similarity);
}

function pairs(reply: unknown): [unknown, unknown][] {
  if (reply instanceof Map) return [...reply];
  if (!Array.isArray(reply)) return Object.entries(Object(reply) as object);
  return reply.flatMap((id, at) => (at % 2 === 0 ? [[id, reply[at + 1]] as [unknown, unknown]] : []));
}

/** The server's score goes from 0, the opposite, to 1. */
function cosineOf(score: number): number {
  return Math.min(1, Math.round((2 * score - 1) * PRECISION) / PRECISION);
}
